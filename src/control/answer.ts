import type { Scope } from "../core/scope.js";

/** What a governor says to a command. */
export type ControlAnswer =
  | {
      readonly ok: true;
      /** A halt's receipt, as `rein.halt()` gives it. */
      readonly receipt?: unknown;
    }
  | { readonly ok: false; readonly error: ControlError };

export interface ControlError {
  /** A code of ReinError. */
  readonly code: string;
  readonly message: string;
  readonly help?: string | undefined;
  /** What could have been meant: the halts in force. */
  readonly halts?: readonly HaltInForce[] | undefined;
  /** What could have been meant: the approvals that wait. */
  readonly approvals?: readonly WaitingApproval[] | undefined;
}

export interface HaltInForce {
  readonly id: string;
  readonly scope: Scope;
  readonly reason: string;
  readonly by: string;
  /** Wall time in ms. */
  readonly at: number;
}

export interface WaitingApproval {
  readonly id: string;
  readonly source: string;
  readonly series: string;
}

/** An answer as the bytes of its file. */
export function answerBytes(id: string, at: number, answer: ControlAnswer): Uint8Array {
  return Buffer.from(`${JSON.stringify({ version: 1, id, at, ...answer })}\n`);
}

/** Reads an answer; null when it is not one. */
export function readAnswer(bytes: Uint8Array, id: string): ControlAnswer | null {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  const fields = value as Readonly<Record<string, unknown>>;
  if (fields["id"] !== id) return null;
  if (fields["ok"] === true) return { ok: true, ...("receipt" in fields && { receipt: fields["receipt"] }) };
  const { error } = fields;
  if (fields["ok"] !== false || typeof error !== "object" || error === null) return null;
  const { code, message } = error as Readonly<Record<string, unknown>>;
  if (typeof code !== "string" || typeof message !== "string") return null;
  return { ok: false, error: error as ControlError };
}
