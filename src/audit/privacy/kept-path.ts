import { isCommitment } from "./commitment.js";

/** As deep as canonical JSON nests. */
const MAX_DEPTH = 64;

/** A field of a leaf whose value is kept in the vault. */
export interface KeptField {
  /** Where in the leaf's `kept` the commitment stands, see `keptPath`. */
  readonly path: string;
  readonly commitment: string;
}

/**
 * The path of a field below `kept`: a JSON pointer (RFC 6901) without its first slash, such as `args` or
 * `tags/recipient`. `~` and `/` in a name are written `~0` and `~1`, so that no two fields have the same path.
 */
export function keptPath(...names: readonly string[]): string {
  return names.map((name) => name.replaceAll("~", "~0").replaceAll("/", "~1")).join("/");
}

/** All commitments of a leaf with their paths, in the order in which they stand there. */
export function keptFields(leaf: Readonly<Record<string, unknown>>): KeptField[] {
  const found: KeptField[] = [];
  collect(leaf["kept"], null, found, 0);
  return found;
}

/** @param path null at the top: a name may be empty, too */
function collect(value: unknown, path: string | null, found: KeptField[], depth: number): void {
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH) return;
  if (isCommitment(value)) {
    if (path !== null) found.push({ path, commitment: value.$c });
    return;
  }
  for (const [name, inner] of Object.entries(value)) {
    collect(inner, path === null ? keptPath(name) : `${path}/${keptPath(name)}`, found, depth + 1);
  }
}
