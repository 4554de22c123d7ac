import { InvalidInputError } from "../core/errors.js";
import { compileGlob } from "../core/glob.js";
import { nearest } from "../core/nearest.js";
import { printable } from "../core/names.js";
import type { Attack } from "./attack.js";

/**
 * The attacks whose id one of the globs matches.
 *
 * @throws InvalidInputError for a glob that no attack matches: a typing slip must not look like a pass
 */
export function chosen(globs: readonly string[], attacks: readonly Attack[]): readonly Attack[] {
  const tests = globs.map((glob) => ({ glob, holds: compileGlob(glob) }));
  const idle = tests.find(({ holds }) => !attacks.some(({ id }) => holds(id)));
  if (idle !== undefined) throw noSuchAttack(idle.glob, attacks);
  return attacks.filter(({ id }) => tests.some(({ holds }) => holds(id)));
}

/** The error for an id that no attack has. */
export function noSuchAttack(id: string, attacks: readonly Attack[]): InvalidInputError {
  const ids = attacks.map((attack) => attack.id);
  const meant = nearest(id, ids);
  return new InvalidInputError("attack", `there is no attack \`${printable(id, 100)}\``, {
    help: meant === undefined ? "`rein attacks` lists them" : `did you mean \`${meant}\`?`,
  });
}
