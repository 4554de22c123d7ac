import { ReinError } from "../core/errors.js";

/** What went wrong, for people. */
export function errorText(error: unknown, debug = false): string {
  const stack = debug && error instanceof Error ? `${error.stack ?? ""}\n` : "";
  if (ReinError.isInstance(error)) {
    const help = error.help === undefined ? "" : `      ${error.help}\n`;
    return `rein: ${error.message}\n${help}${stack}`;
  }
  const message = error instanceof Error ? error.message : String(error);
  const hint = debug
    ? ""
    : "      this is a fault of rein; run the command again with --debug and report what it says\n";
  return `rein: unexpected error: ${message}\n${hint}${stack}`;
}
