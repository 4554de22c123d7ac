/** Where Rein says what must be loud; the console fits. */
export interface Logger {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** Writes to the console, on standard error so that a program's own output stays its own. */
export const consoleLogger: Logger = {
  info: (message) => {
    console.error(`rein: ${message}`);
  },
  warn: (message) => {
    console.error(`rein: warning: ${message}`);
  },
  error: (message) => {
    console.error(`rein: error: ${message}`);
  },
};

/** A logger that throws must not stop a halt. */
export function guarded(logger: Logger): Logger {
  const say = (level: keyof Logger) => (message: string) => {
    try {
      logger[level](message);
    } catch {
      // Nobody is left to tell.
    }
  };
  return { info: say("info"), warn: say("warn"), error: say("error") };
}
