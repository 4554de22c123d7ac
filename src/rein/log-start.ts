import { Worker } from "node:worker_threads";
import { unwritable } from "../audit/ring/index.js";
import { messageOf, ReinError } from "../core/errors.js";
import type { ReinErrorCode } from "../core/errors.js";
import type { LogNews, LogTask } from "./log-task.js";

/**
 * Starts a thread that writes a log; resolves when it has opened the log.
 *
 * @throws ReinError what the thread says; `record_failed` when it cannot be started
 */
export async function startLogThread(thread: URL, task: Omit<LogTask, "end">): Promise<Worker> {
  try {
    const worker = new Worker(thread, {
      name: "rein-log",
      workerData: task,
      transferList: [task.outOfBand],
      // Loaders and hooks of the program are not for this thread: they could break it, and they take time to start.
      execArgv: [],
      env: {},
    });
    await opened(worker);
    return worker;
  } catch (error) {
    if (ReinError.isInstance(error)) throw error;
    const what = "the thread that writes the log cannot be started";
    throw new ReinError("record_failed", `${what}: ${messageOf(error)}`, {
      help: "see that this process may start threads, and that the package is whole",
      cause: error,
    });
  }
}

function opened(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    const onMessage = (news: LogNews): void => {
      if (news.type === "open") settle();
      else if (news.type === "unopened") settle(errorOf(news));
    };
    const onExit = (code: number): void => {
      settle(new Error(`the thread ended with code ${code}`));
    };
    const settle = (error?: Error): void => {
      // One by one: a worker has listeners of its own, without which it hears nothing any more.
      worker.off("message", onMessage).off("exit", onExit).off("error", settle);
      if (error === undefined) resolve();
      else reject(error);
    };
    worker.on("message", onMessage).on("exit", onExit).on("error", settle);
  });
}

function errorOf({ code, message, help }: Extract<LogNews, { readonly type: "unopened" }>): Error {
  return code === undefined
    ? unwritable(new Error(message))
    : new ReinError(code as ReinErrorCode, message, { help });
}
