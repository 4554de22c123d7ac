import type { Span } from "./lexer.js";

/** A condition of a `match`. */
export type Condition = Span &
  (
    | {
        readonly is: "source" | "series" | "mentions";
        readonly globs: readonly string[];
        /** Several were named, one by one. */ readonly isList?: boolean;
        /** "where the tool is …": meant as it stands. */ readonly isExact?: boolean;
        /** "for the intern": by him, or to him? */ readonly isFor?: boolean;
      }
    | { readonly is: "tag"; readonly name: string; readonly globs: readonly string[] }
    | { readonly is: "cost"; readonly side: "over" | "under" | "atLeast" | "atMost"; readonly amount: Amount }
    | { readonly is: "arg"; readonly path: string; readonly test: ArgTest }
    | { readonly is: "regime"; readonly regimes: readonly Regime[] }
    | {
        readonly is: "schedule";
        readonly days?: readonly string[];
        readonly from?: string;
        readonly to?: string;
        readonly timeZone?: string;
      }
    /** The opposite of a condition, such as `outside office hours`. */
    | { readonly is: "not"; readonly clause: readonly Condition[] }
  );

export type Regime = "normal" | "stressed" | "shock";

export type ArgTest = Readonly<Record<string, unknown>> | readonly string[];

/** A sum of a measure. */
export interface Amount {
  readonly measure: string;
  readonly amount: number;
}

/**
 * A phrase of a sentence with its place: what the grammar makes of words, and what the resolver makes a rule of. A
 * reading of a sentence is the list of its phrases.
 */
export type Facet = Span &
  (
    | { readonly is: "frame"; readonly frame: Frame }
    | { readonly is: "then"; readonly then: Then }
    | { readonly is: "condition"; readonly condition: Condition }
    | { readonly is: "except"; readonly clause: readonly Condition[] }
    | { readonly is: "for"; readonly duration: string }
    | { readonly is: "untilResumed" }
    | { readonly is: "mode"; readonly mode: "shadow" | "enforce" }
    | { readonly is: "limit"; readonly side: Side; readonly amount: number; readonly unit: Unit }
    | { readonly is: "window"; readonly window: Window }
    | { readonly is: "timeZone"; readonly timeZone: string }
    | { readonly is: "total" }
    | { readonly is: "burst"; readonly amount: number }
    | {
        readonly is: "per";
        readonly keys: readonly string[];
        readonly isEpisode?: boolean;
        /** It is said that it counts, though nothing is counted. */ readonly isForced?: boolean;
        /** Nobody said so: it holds where nothing else is said. */ readonly isDefault?: boolean;
      }
    | {
        readonly is: "together";
        /** "globally": said of where, and not of how many. */ readonly isPlace?: boolean;
      }
    /** "each" behind the sentence: what was unclear is clear now. */
    | { readonly is: "apiece" }
    /** The sentence is about when something may be done, so it must say when. */
    | { readonly is: "conditional" }
    /** "Only read during shock": only then, or only that? */
    | { readonly is: "bareOnly" }
    /** "everything": it is said that nothing is left out. */
    | { readonly is: "all" }
    /** The subject is a sum, so a bare number has no unit. */
    | { readonly is: "sum"; readonly measure?: string }
    /** What is stopped, where that is not what is counted. */
    | {
        readonly is: "object";
        readonly object: "none" | "it" | "everything" | "offender" | "who" | "things";
        readonly facets: readonly Facet[];
        readonly isRelative?: boolean;
        /** "actions": those that the sentence goes on to tell. */ readonly isNamed?: boolean;
      }
    /** "at once": what is limited is how many run at the same time. */
    | { readonly is: "inFlight" }
    /** "per call", "any single order": the limit is for one action. */
    | { readonly is: "single" }
    /** "agents": each of them, or all together? */
    | { readonly is: "unclear"; readonly each: string; readonly noun: string }
    | { readonly is: "percent"; readonly percent: number; readonly side: Side }
    | { readonly is: "times"; readonly times: number; readonly side: Side }
    | { readonly is: "duration"; readonly duration: string; readonly side: Side }
    | { readonly is: "money"; readonly amount: Amount; readonly side: Side }
    | { readonly is: "from"; readonly from: "day" | "peak" | "start" }
    | { readonly is: "account"; readonly account: string }
    | { readonly is: "signal"; readonly signal: string }
    | { readonly is: "probes"; readonly probes: number }
    | { readonly is: "minCalls"; readonly minCalls: number }
    | { readonly is: "assume"; readonly amount: number; readonly measure: string }
    | { readonly is: "maxPeriod"; readonly maxPeriod: number }
    /** "without progress": what is counted is counted since something new came of it. */
    | { readonly is: "noProgress" }
    | { readonly is: "of"; readonly key: string }
    | { readonly is: "setting"; readonly name: string; readonly value: number }
    /** A reading that is understood, and that no rule may say. */
    | { readonly is: "refuse"; readonly reason: string; readonly help?: string }
  );

/** What the sentence is about. */
export type Frame =
  | "limit"
  | "concurrency"
  | "deny"
  | "allowOnly"
  | "allow"
  | "onlyWho"
  | "ask"
  | "size"
  | "timeout"
  | "loss"
  | "floor"
  | "errors"
  | "errorRate"
  | "errorBudget"
  | "failing"
  | "stale"
  | "denials"
  | "newcomers"
  | "runaway"
  | "loop"
  | "score";

export type Then = "block" | "halt" | "approve" | "alert";

/** Which amounts are still allowed: up to it, below it; `reach`: it trips when the amount is reached. */
export type Side = "most" | "under" | "reach";

/** What a limit counts. */
export type Unit = { readonly of: "actions" } | { readonly of: "measure"; readonly measure: string };

export type Window = string | { readonly calendar: string } | { readonly unclear: string };

/** The phrases of a sentence, or of a part of one. */
export type Facets = readonly Facet[];

/** The phrase that says what a sentence is about. */
export function frame(name: Frame, { start, end }: Span): Facet {
  return { is: "frame", frame: name, start, end };
}

/** The phrase that says what happens. */
export function thenFacet(name: Then, { start, end }: Span): Facet {
  return { is: "then", then: name, start, end };
}
