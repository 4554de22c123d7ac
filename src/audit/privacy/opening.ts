import { commitmentOf } from "./commitment.js";
import { openBox } from "./sealed-box.js";
import type { Opening } from "./sealed-box.js";
import type { SubjectKeys } from "./subject-keys.js";
import type { VaultLine } from "./vault-lines.js";

/** What a line of the vault is to the commitment in its leaf. */
export type Opened =
  /** It opens the commitment. */
  | { readonly state: "opens"; readonly opening: Opening }
  /** It is sealed, and its key was destroyed or is not here. */
  | { readonly state: "locked" }
  | { readonly state: "mismatch"; readonly why: string };

/** Opens a line against the commitment that its leaf has for it; undefined: the leaf has none at that path. */
export function openLine(keys: SubjectKeys, line: VaultLine, commitment: string | undefined): Opened {
  const { n, path } = line;
  if (commitment === undefined) return { state: "mismatch", why: `record ${n} keeps nothing at \`${path}\`` };
  if (line.commitment !== commitment) {
    return { state: "mismatch", why: `it is for another value than record ${n} has at \`${path}\`` };
  }
  let { opening } = line;
  if (line.box !== undefined && line.subject !== undefined) {
    const key = keys.find(line.subject);
    if (key === undefined) return { state: "locked" };
    const opened = openBox(key, commitment, line.box);
    // A subject whose key was destroyed gets a new one when something new is kept of them.
    if (opened === "other key") return { state: "locked" };
    opening = opened;
    if (opening === undefined) return { state: "mismatch", why: "it was not sealed under its subject's key" };
  }
  if (opening === undefined || commitmentOf(opening.salt, opening.canonical) !== commitment) {
    return { state: "mismatch", why: `its value is not the one that record ${n} commits to` };
  }
  return { state: "opens", opening };
}
