import { InvalidInputError, messageOf } from "../core/errors.js";

/** Who gives a command, and why. */
export interface Command {
  /** Who; commands are on the record. */
  readonly by: string;
  readonly reason?: string | undefined;
}

export interface LaneName {
  readonly source: string;
  readonly series: string;
}

/** @throws InvalidInputError for a command that does not say who gives it */
export function commanded<C extends Command>(command: C): C & { readonly reason: string } {
  if (
    typeof command !== "object" ||
    command === null ||
    typeof command.by !== "string" ||
    command.by.trim() === ""
  ) {
    throw new InvalidInputError("by", "a command needs to say who gives it", {
      help: 'pass { by: "alice", reason: "…" }',
    });
  }
  if (command.reason !== undefined && typeof command.reason !== "string") {
    throw new InvalidInputError("reason", "a reason is text", {
      help: 'pass { by: "alice", reason: "…" }, or leave it out',
    });
  }
  return { ...command, reason: command.reason ?? "" };
}

/** @throws InvalidInputError for what is not a finite number */
export function finite(field: string, value: unknown): void {
  if (typeof value === "number" && Number.isFinite(value)) return;
  throw new InvalidInputError(
    field,
    `\`${field}\` must be a finite number, and it is ${typeof value === "number" ? String(value) : typeof value}`,
    {
      help: "report only sound numbers; rules that need this one stay shut until one arrives",
    },
  );
}

/** @throws InvalidInputError for a latency in ms that is no time, or a slippage in cents that is no number */
export function checkOutcome(latencyMs: number | undefined, slippageCents: number | undefined): void {
  if (latencyMs !== undefined && !(Number.isFinite(latencyMs) && latencyMs >= 0)) {
    throw new InvalidInputError("latencyMs", `a latency of ${messageOf(latencyMs)} is not a time`, {
      help: "report milliseconds, or leave it out",
    });
  }
  if (slippageCents !== undefined && !Number.isFinite(slippageCents)) {
    const message = `a slippage of ${messageOf(slippageCents)} is not a number`;
    throw new InvalidInputError("slippageCents", message, { help: "report cents, or leave it out" });
  }
}
