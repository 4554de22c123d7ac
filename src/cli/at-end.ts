import process from "node:process";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Does something, at once, when this process ends before it is called off: by a signal, which then ends the process as
 * it would have, or by `process.exit`.
 *
 * @returns calls it off
 */
export function atEnd(step: () => void): () => void {
  const callOff = (): void => {
    for (const signal of SIGNALS) process.off(signal, ended);
    process.off("exit", step);
  };
  const ended = (signal: NodeJS.Signals): void => {
    callOff();
    step();
    process.kill(process.pid, signal);
  };
  for (const signal of SIGNALS) process.on(signal, ended);
  process.on("exit", step);
  return callOff;
}
