/** What a name in the directory stands for; undefined: nothing of the store's. */
export type StoreFile =
  | { readonly kind: "owner" | "journal" | "snapshot"; readonly number: number }
  | { readonly kind: "secret" | "repair" | "quarantine" | "temporary" };

export const SECRET = "secret";
/** Says that something was lost in a repair; see `mustExhaust`. */
export const REPAIR_MARKER = "repair.json";
/** Where repairs put what they take out. */
export const QUARANTINE = "quarantine";

export const ownerName = (number: number): string => `owner.${number}`;
export const journalName = (number: number): string => `journal.${number}`;
export const snapshotName = (number: number): string => `snapshot.${number}.json`;
/** A file that gets its real name when it is complete. */
export const temporaryName = (nonce: string): string => `tmp.${nonce}`;

/** Reads a name as strictly as it was made: `journal.01` is not ours. */
export function storeFileOf(name: string): StoreFile | undefined {
  if (name === SECRET) return { kind: "secret" };
  if (name === REPAIR_MARKER) return { kind: "repair" };
  if (name === QUARANTINE) return { kind: "quarantine" };
  if (/^tmp\.[0-9a-f]+$/.test(name)) return { kind: "temporary" };
  const match = /^(owner|journal|snapshot)\.([1-9][0-9]{0,14})(\.json)?$/.exec(name);
  if (match === null) return undefined;
  const kind = match[1] as "owner" | "journal" | "snapshot";
  if ((match[3] !== undefined) !== (kind === "snapshot")) return undefined;
  return { kind, number: Number(match[2]) };
}

/** Numbers of the files of one kind, ascending. */
export function numbersOf(names: readonly string[], kind: "owner" | "journal" | "snapshot"): number[] {
  const numbers: number[] = [];
  for (const name of names) {
    const file = storeFileOf(name);
    if (file?.kind === kind) numbers.push(file.number);
  }
  return numbers.sort((a, b) => a - b);
}
