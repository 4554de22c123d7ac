/** Makes a signal that is aborted when somebody wants a command that goes on and on to end; tests give their own. */
export type StopSignal = () => AbortSignal;

/** Ctrl-C, or a service manager. A second time ends the process at once. */
export const realStopSignal: StopSignal = () => {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      stop.abort();
    });
  }
  return stop.signal;
};

/** Resolves then. */
export function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else
      signal.addEventListener(
        "abort",
        () => {
          resolve();
        },
        { once: true },
      );
  });
}
