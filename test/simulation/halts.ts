import type { HaltReceipt, Scope } from "../../src/index.js";
import type { Deed } from "./rules.js";
import type { Grant } from "./ledger.js";

/** A halt as those see it who asked for it, or heard of it. */
export interface SeenHalt {
  /** Nobody else's reason. */
  readonly token: string;
  readonly scope: Scope;
  by: "operator" | "rule";
  id: string | null;
  /** It holds in the process that runs now. */
  isForced: boolean;
  /** Somebody was told that it holds: it must survive whatever comes. */
  isSure: boolean;
  /** `asked`: nobody knows yet; `told`: it is over, and must not come back. */
  end: "none" | "asked" | "told";
  /** A start did not find it, and nobody had asked for its end. */
  isMissing: boolean;
  /** It shares its id with others, and nobody knows how many of them were resumed. */
  isUncounted: boolean;
  /** When it ends by itself. */
  readonly endsAt: number;
  /** What was said of those in flight; null while nobody has said anything. */
  receipt: Pick<HaltReceipt, "complete" | "inFlight"> | null;
}

/** What the governor says of a halt in force. */
interface HaltFacts {
  readonly id: string;
  readonly reason: string;
  readonly scope: Scope;
  readonly by: string;
}

/** What an outsider knows of halts: promise 1 over any number of lives. */
export class SeenHalts {
  readonly all: SeenHalt[] = [];

  /** Somebody asks for a halt. */
  asked(token: string, scope: Scope, isForced: boolean): SeenHalt {
    const halt: SeenHalt = {
      ...{ token, scope, by: "operator", id: null, isForced, isSure: false },
      ...{ end: "none", isMissing: false, isUncounted: false, endsAt: Infinity, receipt: null },
    };
    this.all.push(halt);
    return halt;
  }

  /** A rule has halted something. */
  heard({ id, scope, reason }: HaltFacts, isSure: boolean, endsAt: number): void {
    this.all.push({
      ...{ token: reason, scope, by: "rule", id, isForced: true, isSure },
      ...{ end: "none", isMissing: false, isUncounted: false, endsAt, receipt: null },
    });
  }

  /** One that may be resumed: somebody knows its id. */
  get resumable(): SeenHalt[] {
    return this.all.filter(({ id, end }) => id !== null && end === "none");
  }

  /** The halt that an action must not pass. */
  overAction(deed: Deed): SeenHalt | undefined {
    return this.all.find((halt) => halt.isForced && isOver(halt, deed));
  }

  /** The halt that an effect behind no fence must not happen under: its receipt said that nothing goes on. */
  overDeafEffect({ deed }: Grant, id: string): SeenHalt | undefined {
    return this.all.find(
      (halt) =>
        halt.isForced &&
        halt.receipt !== null &&
        isOver(halt, deed) &&
        (halt.receipt.complete ||
          !halt.receipt.inFlight.some((action) => action.id === id && action.fate === "unknown")),
    );
  }

  /** Another process goes on; returns what is wrong with what it knows of halts. */
  reopened(found: readonly HaltFacts[], now: number, capped: boolean): string | null {
    const known = new Set<HaltFacts>();
    for (const halt of [...this.all]) {
      // At the cap a halt joins another one, and has its id only.
      const same = found.filter(({ id, reason }) =>
        halt.id === null ? reason === halt.token : id === halt.id && (capped || reason === halt.token),
      );
      for (const facts of same) known.add(facts);
      const isThere = same.length > 0;
      if (halt.end === "told" && isThere && !capped)
        return `halt ${halt.id} (${halt.token}) was resumed, and is back`;
      if (halt.end === "none" && halt.isSure && !isThere && now < halt.endsAt)
        return `halt ${halt.id} (${halt.token}) is forgotten`;
      // At the cap halts share an id: an end that is not certain may be any one's.
      if (capped && halt.end === "asked")
        for (const other of this.all) other.isUncounted ||= other.id === halt.id;
      const holds = isThere && halt.end !== "told" && !halt.isUncounted;
      halt.isForced = holds;
      // Nobody who was in flight then lives now.
      halt.receipt = holds ? { complete: true, inFlight: [] } : null;
      if (!holds) {
        // Perhaps it never was on the disk; and it may be that its end is not.
        halt.isMissing = halt.end === "none" && !capped;
        if (halt.end === "none") halt.end = "asked";
        continue;
      }
      // The start has said that it holds.
      halt.isSure = true;
      halt.isMissing = false;
      halt.end = "none";
      halt.id ??= same[0]!.id;
    }
    for (const facts of found) {
      if (known.has(facts)) continue;
      const isOperators = facts.by.startsWith("operator");
      // A halt from outside is carried out at least once: again, when the process died in between.
      const isKnown = this.all.some(({ token }) => token === facts.reason);
      if (isOperators && !isKnown && !capped) return `halt ${facts.id} (${facts.reason}) is nobody's`;
      this.heard(facts, true, 0);
      if (isOperators) this.all.at(-1)!.by = "operator";
    }
    return null;
  }
}

/** What a rule has halted is narrower than its scope says: the rule's own match, for what the counter belongs to. */
function isOver({ by, scope }: SeenHalt, deed: Deed): boolean {
  if (by === "rule" && scope !== "all" && scope.source !== undefined && scope.source !== deed.source)
    return false;
  return covers(scope, deed);
}

/** Whether a scope covers a deed; scopes of the simulation are plain names, and `*` within a name. */
function covers(scope: Scope, deed: Deed): boolean {
  if (scope === "all") return true;
  const { source, series, tags } = scope;
  // A rule's halt names its key's tags by pseudonyms, which tell an outsider nothing.
  if (tags !== undefined && Object.values(tags).some((value) => !String(value).includes("@"))) return false;
  const recipient = tags?.["recipient"];
  return (
    (source === undefined || [source].flat().some((glob) => sourceMatches(String(glob), deed.source))) &&
    (series === undefined || [series].flat().some((glob) => matches(String(glob), deed.series))) &&
    (recipient === undefined ||
      (deed.recipient !== undefined &&
        [recipient].flat().some((glob) => matches(String(glob), deed.recipient!))))
  );
}

function sourceMatches(glob: string, source: string): boolean {
  if (glob.includes("*")) return matches(glob, source);
  return source === glob || source.startsWith(`${glob}/`);
}

function matches(glob: string, text: string): boolean {
  const pattern = glob
    .split("**")
    .map((part) =>
      part
        .split("*")
        .map((plain) => plain.replace(/[^\w]/g, "\\$&"))
        .join("[^/]*"),
    )
    .join(".*");
  return new RegExp(`^${pattern}$`).test(text);
}
