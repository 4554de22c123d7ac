import { commitmentOf, keptPath, SaltPool } from "../audit/index.js";
import type { KeptValue } from "../audit/index.js";
import { canonicalJson } from "../core/canonical.js";
import type { Action } from "./action.js";

/** What of actions is kept besides pseudonyms, so that it can be shown later, and erased. */
export interface KeepOptions {
  /** The arguments. */
  readonly args?: boolean | undefined;
  /** Tags whose values are kept. */
  readonly tags?: readonly string[] | undefined;
  /** The tag whose value says whose data it is: all of it can then be erased at once. */
  readonly subject?: string | undefined;
}

/** Commitments for a leaf, and the values for the vault beside the log. */
export interface Kept {
  readonly kept: object;
  readonly values: readonly KeptValue[];
}

/** Commits to what shall be kept of actions. */
export class KeptValues {
  readonly #options: KeepOptions;
  readonly #salts = new SaltPool();

  constructor(options: KeepOptions) {
    this.#options = options;
  }

  /** @param args canonical JSON; empty: none. Null: nothing of this action is kept */
  of(args: string, tags: Action["tags"]): Kept | null {
    const { tags: names = [], subject: subjectTag } = this.#options;
    const named = subjectTag === undefined ? undefined : tags?.[subjectTag];
    const subject = named === undefined ? undefined : String(named);
    const values: KeptValue[] = [];
    const keep = (path: string, canonical: string): object => {
      const salt = this.#salts.next();
      const commitment = { $c: commitmentOf(salt, canonical) };
      values.push({ commitment, path, salt, canonical, subject });
      return commitment;
    };
    const kept: { args?: object; tags?: Record<string, object> } = {};
    if (this.#options.args === true && args !== "") kept.args = keep("args", args);
    for (const name of names) {
      const value = tags?.[name];
      if (value === undefined) continue;
      (kept.tags ??= {})[name] = keep(keptPath("tags", name), canonicalJson(value));
    }
    return values.length === 0 ? null : { kept, values };
  }
}
