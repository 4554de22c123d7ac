import type { Domain, Owasp } from "../attack.js";
import type { Grade } from "../grade.js";
import type { Curve } from "../world.js";

/** What a red team found out about a policy: plain data, the same for the same policy, attacks and seed. */
export interface RedTeamData {
  /** Raised when a field changes its meaning. */
  readonly format: 1;
  /** "rein/0.1.0". */
  readonly software: string;
  /** Version of the engine: another one may decide otherwise. */
  readonly engine: number;
  /** The seed that everything follows from, and how many that follow each other each attack was carried out with. */
  readonly seed: number;
  readonly seeds: number;
  /** What attacks and honest work were about. */
  readonly domains: readonly Domain[];
  readonly policy: PolicyFacts;
  /** Of the attacks as they are; mutations and hunts are beside it, so that it can be compared. */
  readonly grade: Grade;
  /** In the order in which they were carried out. */
  readonly attacks: readonly AttackReport[];
  /** Attacks as they are, by entry of the OWASP Top 10 for Agentic Applications 2026; only those that were tried. */
  readonly byOwasp: readonly OwaspReport[];
  readonly byDomain: readonly DomainReport[];
  /** What to add, so that what was missed is contained. A missed attack that none names is not contained by its remedy. */
  readonly missing: readonly MissingSentences[];
  /** Empty when attacks were not mutated. */
  readonly mutations: readonly MutationReport[];
  /** The worst that a search for damage found; empty when nobody searched. */
  readonly hunts: readonly TraceReport[];
  /** The shortest ways to do what was missed; empty when nobody looked for them. */
  readonly shortest: readonly TraceReport[];
  readonly honest: HonestReport;
  /** What proved nothing: neither caught nor missed. */
  readonly problems: readonly ProblemReport[];
}

export interface PolicyFacts {
  readonly digest: string;
  readonly rules: readonly { readonly id: string; readonly sentence: string }[];
}

/** `harmless`: a mutation left no more than tolerable damage even with nothing in the way, so that it shows nothing. */
export type TrialVerdict = "contained" | "missed" | "problem" | "harmless";

/** How many trials ended how. */
export interface VerdictCounts {
  readonly contained: number;
  readonly missed: number;
  readonly problems: number;
}

export interface AttackReport extends VerdictCounts {
  readonly id: string;
  readonly title: string;
  readonly story: string;
  readonly domains: readonly Domain[];
  readonly owasp: readonly Owasp[];
  /** Where it is from: an address or a citation. */
  readonly source: string;
  /** What damage is counted in. */
  readonly unit: string;
  /** Damage up to which it counts as contained. */
  readonly tolerable: number;
  /** Sentences that contain it, as its author says. */
  readonly remedy: readonly string[];
  /** The attack as it is, once for each seed; counted above. */
  readonly trials: readonly TrialReport[];
  /** Damage over time in the worst of the trials; null without one. */
  readonly chart: ChartData | null;
}

export interface TrialReport {
  readonly seed: number;
  readonly verdict: TrialVerdict;
  readonly damage: number;
  /** Damage with nothing in its way. */
  readonly without: number;
  readonly actsTried: number;
  readonly actsDone: number;
  /** Virtual ms, and acts tried, until the last damage was done and the next try was stopped; null: never. */
  readonly containedAfterMs: number | null;
  readonly containedAfterActs: number | null;
  /** Id of the rule that stopped most of the harmful acts, or a refusal's code; null: none was stopped. */
  readonly stoppedBy: string | null;
  /** Why it proves nothing. */
  readonly problem?: string;
}

/** Damage so far, at virtual ms since the attack began; thinned to at most 121 points each. */
export interface ChartData {
  readonly seed: number;
  readonly withRein: Curve;
  readonly without: Curve;
}

export interface OwaspReport extends VerdictCounts {
  readonly id: Owasp;
  readonly title: string;
  readonly attacks: number;
  /** From 0 to 1; null where nothing was proved. */
  readonly catchRate: number | null;
}

export interface DomainReport extends VerdictCounts {
  readonly id: Domain;
  readonly attacks: number;
  readonly catchRate: number | null;
  /** Honest sessions of this domain, and those in which an act was given up. */
  readonly sessions: number;
  readonly stopped: number;
  readonly honestShare: number | null;
}

/** Sentences that the policy does not have, and the attacks that it contains with all of them: it was tried. */
export interface MissingSentences {
  readonly sentences: readonly string[];
  readonly attacks: readonly string[];
}

export interface MutationReport extends VerdictCounts {
  readonly id: string;
  readonly title: string;
  readonly owasp: readonly Owasp[];
  /** Trials in which it left nothing of the attack. */
  readonly harmless: number;
  readonly catchRate: number | null;
  /** Attacks that are contained as they are, and were missed like this. */
  readonly gotPast: readonly string[];
  readonly trials: readonly (TrialReport & { readonly attack: string })[];
}

/** A way of doing damage, move by move. */
export interface TraceReport {
  readonly attack: string;
  /** With the same policy and attack it gives the same again. */
  readonly seed: number;
  readonly damage: number;
  /** Damage of the attack with nothing in its way. */
  readonly without: number;
  readonly unit: string;
  /** The damage is tolerable. */
  readonly contained: boolean;
  /** How the damage is done, in words. */
  readonly strategy?: string;
  /** It ended because there were no acts left, so that the policy lets even more through. */
  readonly isCapped?: true;
  readonly moves: number;
  /** The moves in words, what comes again and again as one; at most 61. */
  readonly steps: readonly string[];
}

/** What became of honest work. Sessions that proved nothing are in `problems` and not here. */
export interface HonestReport {
  readonly sessions: number;
  /** Sessions in which an act was given up. */
  readonly stopped: number;
  /** Useful acts that were to be done, and that were done. */
  readonly wanted: number;
  readonly done: number;
  /** Times that a person had to approve. */
  readonly approvals: number;
  readonly kinds: readonly HonestKind[];
  /** What stood in the way, the worst first. */
  readonly rules: readonly HonestRule[];
}

export interface HonestKind {
  readonly id: string;
  readonly title: string;
  readonly domain: Domain;
  readonly sessions: number;
  readonly stopped: number;
  readonly wanted: number;
  readonly done: number;
  readonly approvals: number;
}

export interface HonestRule {
  /** Id of the rule, or a refusal's code where no rule did it. */
  readonly rule: string;
  /** Sessions in which it was what most acts were given up for. */
  readonly sessions: number;
  /** Refusals in all, also of acts that passed later. */
  readonly refusals: number;
  /** What one of the refusals said. */
  readonly example: string;
}

export interface ProblemReport {
  readonly what: "attack" | "work";
  readonly id: string;
  readonly mutation?: string;
  readonly seed: number;
  readonly problem: string;
}
