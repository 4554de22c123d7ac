import { messageOf, ReinError } from "../../core/errors.js";

export function unwritable(cause: unknown): ReinError {
  return new ReinError("record_failed", `the records cannot be written: ${messageOf(cause)}`, {
    help: "free space or mend the disk; actions are refused until writing works again",
    cause,
  });
}

export function unconfirmed(cause: unknown): ReinError {
  return new ReinError("record_failed", `the disk did not confirm the records: ${messageOf(cause)}`, {
    help: "mend the disk; nothing that must be durable is allowed until it works again",
    cause,
  });
}
