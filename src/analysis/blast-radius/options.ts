import { MAX_DURATION_MS } from "../../core/duration.js";
import { InvalidInputError } from "../../core/errors.js";
import type { Rule } from "../../policy/index.js";
import { START_AT } from "../start-at.js";

export interface BlastRadiusOptions {
  /** How long the attack may go on; 24 hours when absent. */
  readonly horizonMs?: number;
  /** Sources that the attacker has from the host; 1 when absent. Their sub-agents are its own. */
  readonly sources?: number;
  /** Tags whose value the host sets, with how many values there are; all others are the agent's to choose. */
  readonly tagValues?: Readonly<Record<string, number>>;
  /** Measures to look at; `calls`, `usd` and all that the rules name when absent. */
  readonly measures?: readonly string[];
  /** Globs of series to look at, as the rules name them; all when absent. */
  readonly series?: readonly string[];
  /** Wall time in ms from which on the attack may begin, within 400 days; 5 January 2026, 12:00 UTC, when absent. */
  readonly startAt?: number;
  /** What humans do who are asked: approve nothing, or everything at once; nothing when absent. */
  readonly approvals?: Approvals;
  /** Whether the attacker's search is run; true when absent. */
  readonly attack?: boolean;
  readonly onProgress?: (done: number, of: number) => void;
}

export type Approvals = "none" | "all";

interface Checked {
  readonly horizonMs: number;
  readonly sources: number;
  readonly tagValues: ReadonlyMap<string, number>;
  readonly measures: readonly string[];
  readonly series: readonly string[] | undefined;
  readonly startAt: number;
  readonly approvals: Approvals;
  readonly attack: boolean;
  readonly onProgress: BlastRadiusOptions["onProgress"];
}

/** A year: beyond it, calendars are not looked at. */
const MAX_HORIZON_MS = MAX_DURATION_MS / 10;
const MAX_SOURCES = 1_000;
const MAX_VALUES = 1_000_000;

/** The options with what was left out, for a policy with these limiting rules. */
export function checked(given: BlastRadiusOptions, rules: readonly Rule[]): Checked {
  const {
    horizonMs = 86_400_000,
    sources = 1,
    startAt = START_AT,
    attack = true,
    approvals = "none",
    series,
    onProgress,
  } = given;
  if (!Number.isInteger(horizonMs) || horizonMs < 1 || horizonMs > MAX_HORIZON_MS) {
    throw new InvalidInputError(
      "horizonMs",
      "the horizon must be a whole number of milliseconds up to a year",
      {
        help: "such as 86400000 for a day",
      },
    );
  }
  count("sources", sources, MAX_SOURCES);
  if (!Number.isInteger(startAt) || Math.abs(startAt) > 8e15) {
    throw new InvalidInputError("startAt", "the start must be a time in whole milliseconds since 1970");
  }
  if (approvals !== "none" && approvals !== "all") {
    throw new InvalidInputError("approvals", `approvals must be \`none\` or \`all\``, {
      help: "who may approve some of it is not known: `all` is the worst",
    });
  }
  const tagValues = new Map(Object.entries(given.tagValues ?? {}));
  for (const [tag, values] of tagValues) count(`tagValues.${tag}`, values, MAX_VALUES);
  const known = globsIn(rules);
  for (const glob of series ?? []) {
    if (known.has(glob)) continue;
    throw new InvalidInputError("series", `no rule that limits anything names the series \`${glob}\``, {
      help:
        known.size === 0
          ? "no rule of this policy names a series"
          : `they name: ${[...known].map((each) => `\`${each}\``).join(", ")}`,
    });
  }
  const measures = given.measures ?? [...new Set(["calls", "usd", ...measuresIn(rules)])];
  return { horizonMs, sources, tagValues, measures, series, startAt, approvals, attack, onProgress };
}

function count(field: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  throw new InvalidInputError(field, `\`${field}\` must be a whole number from 1 to ${most}`);
}

function globsIn(rules: readonly Rule[]): ReadonlySet<string> {
  const clauses = rules.flatMap(({ match }) => [match, ...(match?.except ?? [])]);
  return new Set(clauses.flatMap((clause) => clause?.series ?? []));
}

function measuresIn(rules: readonly Rule[]): readonly string[] {
  return rules.flatMap((rule) => [
    ...(rule.kind === "budget" || rule.kind === "size" ? [rule.measure] : []),
    ...Object.keys(rule.match?.costOver ?? {}),
    ...Object.keys(rule.match?.costUnder ?? {}),
  ]);
}
