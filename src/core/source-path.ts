/** How many segments a source may have; deeper ones are refused by the caller. */
export const MAX_SOURCE_DEPTH = 16;

/**
 * Returns a source with its ancestors, itself first: `a/b/c` gives `a/b/c`, `a/b`,
 * `a`. Null when a segment is empty or there are more than `MAX_SOURCE_DEPTH`.
 */
export function lineage(source: string): readonly string[] | null {
  const paths: string[] = [];
  let end = source.length;
  for (;;) {
    const slash = source.lastIndexOf("/", end - 1);
    if (end === 0 || slash === end - 1 || paths.length === MAX_SOURCE_DEPTH) return null;
    paths.push(end === source.length ? source : source.slice(0, end));
    if (slash === -1) return paths;
    end = slash;
  }
}
