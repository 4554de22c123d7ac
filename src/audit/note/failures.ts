import { ReinError } from "../../core/errors.js";
import type { ReinErrorOptions } from "../../core/errors.js";

/** The error for a signed note, a checkpoint or a proof that is malformed or wrongly signed. */
export function noteInvalid(message: string, options: ReinErrorOptions = {}): ReinError {
  return new ReinError("note_invalid", message, options);
}

/** The error for a verifier key or a private key that cannot be used. */
export function keyInvalid(message: string, options: ReinErrorOptions = {}): ReinError {
  return new ReinError("key_invalid", message, options);
}

/** Returns a piece of text from outside, short enough for a message and without control characters. */
export function shown(text: string, maxCharacters = 80): string {
  const short = text.length > maxCharacters ? `${text.slice(0, maxCharacters)}…` : text;
  return short.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, "\ufffd");
}
