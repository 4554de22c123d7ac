/** How deep arguments are looked into, and at how many values in all: it happens before the action. */
const MAX_DEPTH = 16;
const MAX_VALUES = 10_000;

/**
 * Tells whether a value, or one that it holds at any depth, passes the test. Arrays and objects are walked over their
 * own enumerable properties; of bytes nothing is asked. Undefined when nothing that was seen passes and something could
 * not be seen: values too many or too deep, or a getter that throws.
 */
export function someLeaf(root: unknown, test: (value: unknown) => boolean): boolean | undefined {
  let sawAll = true;
  let left = MAX_VALUES;
  const seen = new Set<object>();
  // An explicit stack: what comes from outside may be deeper than the machine's own.
  const stack: { readonly value: unknown; readonly depth: number }[] = [{ value: root, depth: 0 }];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { value, depth } = top;
    if (typeof value !== "object" || value === null) {
      if (test(value)) return true;
    } else if (!ArrayBuffer.isView(value) && !seen.has(value)) {
      seen.add(value);
      const { members, isAll } = membersOf(value, depth < MAX_DEPTH ? left : 0);
      if (!isAll) sawAll = false;
      left -= members.length;
      // The first is looked at first.
      for (const member of members.reverse()) stack.push({ value: member, depth: depth + 1 });
    }
  }
  return sawAll ? false : undefined;
}

/** At most so many values of an array or an object, and whether these are all. */
function membersOf(value: object, max: number): { readonly members: unknown[]; readonly isAll: boolean } {
  const members: unknown[] = [];
  let isAll = true;
  try {
    // No list of names for an array: it may be longer than all that is looked at.
    const names = Array.isArray(value) ? undefined : Object.keys(value);
    const size = names?.length ?? (value as readonly unknown[]).length;
    if (size > max) isAll = false;
    for (let i = 0; i < size && i < max; i++) {
      try {
        members.push((value as Readonly<Record<string, unknown>>)[names?.[i] ?? i]);
      } catch {
        isAll = false;
      }
    }
  } catch {
    isAll = false;
  }
  return { members, isAll };
}
