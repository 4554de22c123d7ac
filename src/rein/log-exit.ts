/** What has to be finished before the process is gone. */
export interface Unfinished {
  begin(): void;
  /** Blocks until it is finished, or so many ms are over. */
  finish(ms: number): void;
}

/** A process waits for its logs no longer than this. */
const EXIT_WAIT_MS = 2_000;

const unfinished = new Set<Unfinished>();

/** Finishes it when the process exits, also because of an error that nobody caught. */
export function atExit(one: Unfinished): void {
  // One listener for all: Node warns of many.
  if (unfinished.size === 0) process.on("exit", finishAll);
  unfinished.add(one);
}

export function notAtExit(one: Unfinished): void {
  if (unfinished.delete(one) && unfinished.size === 0) process.off("exit", finishAll);
}

function finishAll(): void {
  const until = performance.now() + EXIT_WAIT_MS;
  for (const one of unfinished) one.begin();
  for (const one of unfinished) one.finish(Math.max(0, until - performance.now()));
}
