import { PolicyError } from "../core/errors.js";

/** Where an issue is in the policy's text, both from 1; columns count UTF-16 units. */
export interface TextPosition {
  readonly line: number;
  readonly column?: number;
}

/** Makes the error for a policy that is wrong as a whole. */
export function wholePolicyError(message: string, help?: string, position?: TextPosition): PolicyError {
  return new PolicyError([
    { index: -1, path: "", ...position, message, ...(help === undefined ? {} : { help }) },
  ]);
}

export function emptyPolicy(help = "write `[]` for a policy without rules"): PolicyError {
  return wholePolicyError("the policy is empty", help);
}

/** The place of an offset in a text, whose lines end with CR, LF or both. */
export function positionOf(text: string, offset: number): TextPosition {
  let line = 1;
  let start = 0;
  for (let i = 0; i < offset && i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit !== 0x0a && (unit !== 0x0d || text.charCodeAt(i + 1) === 0x0a)) continue;
    line += 1;
    start = i + 1;
  }
  return { line, column: offset - start + 1 };
}
