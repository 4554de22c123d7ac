import { InvalidInputError } from "../../core/errors.js";
import type { CompiledPolicy } from "../../policy/index.js";
import { ENGINE_VERSION, SOFTWARE } from "../../rein/version.js";
import { DOMAINS } from "../attack.js";
import type { Domain, Owasp } from "../attack.js";
import { checkedBars, DEFAULT_BARS, gradeOf, sharesOf } from "../grade.js";
import type { Bars } from "../grade.js";
import type { Hunt, Trace } from "../hunt/index.js";
import type { Mutation } from "../mutation.js";
import type { Remedied } from "../remedy.js";
import type { Trial } from "../run-attack.js";
import type { WorkResult } from "../run-work.js";
import { attackReports, catchRateOf, mutationReports, policyFacts, sumOfCounts } from "./attacks.js";
import type { AttackReport, DomainReport, OwaspReport, ProblemReport, RedTeamData } from "./data.js";
import { honestReport } from "./honest.js";
import { htmlOf } from "./html.js";
import { junitOf } from "./junit.js";
import { missingSentences } from "./missing.js";
import { shortfallsOf } from "./shortfalls.js";
import { terminalText } from "./terminal.js";
import type { ReportPaint } from "./terminal.js";
import { traceReport } from "./traces.js";

export type RedTeamFormat = "terminal" | "json" | "junit" | "html";

export interface RenderOptions {
  /** Marks text for people, in a terminal; none when absent. */
  readonly paint?: ReportPaint | undefined;
  /** Columns to lay text out for, and tables; 100, and the same. */
  readonly width?: number | undefined;
  readonly tableWidth?: number | undefined;
  /** What the report says it has to reach; 0.9 and 5 when absent. */
  readonly bars?: Bars | undefined;
}

/** What a red team found out about a policy. Its data is what `JSON.stringify` gives; docs/redteam.md tells the fields. */
export interface RedTeamReport extends RedTeamData {
  /** Returns the report as text: for people, as JSON, as JUnit XML, or as one HTML file that loads nothing. */
  render(format: RedTeamFormat, options?: RenderOptions): string;
  /**
   * Tells whether the policy reaches the bars: 0.9 and 5 when absent. It never does when a trial or a session proved
   * nothing, without attacks or without honest work, nor when it blocks everything or nothing; and where attacks were
   * mutated, it has to catch as large a share of those. What a search found is told, and does not count.
   */
  passes(minCatchRate?: number, maxFalseStopsPerThousand?: number): boolean;
  /** Says why it does not pass, a sentence for each reason; empty when it does. */
  shortfalls(minCatchRate?: number, maxFalseStopsPerThousand?: number): readonly string[];
}

/** What a report is made of. */
export interface RedTeamRun {
  readonly policy: CompiledPolicy;
  readonly seed: number;
  readonly seeds: number;
  /** What attacks and honest work were about; all when absent. */
  readonly domains?: readonly Domain[] | undefined;
  /** Attacks as they are. */
  readonly trials: readonly Trial[];
  /** Of those that were missed. */
  readonly remedies: readonly Remedied[];
  readonly mutated?: readonly Trial[] | undefined;
  /** Those that were used, for their titles. */
  readonly mutations?: readonly Mutation[] | undefined;
  /** The worst that was found from each attack. */
  readonly hunts?: readonly Hunt[] | undefined;
  /** The shortest ways to do what was missed. */
  readonly shortest?: readonly Trace[] | undefined;
  readonly works: readonly WorkResult[];
}

/** Makes the report of a run. The same run gives the same report. */
export function redTeamReport(run: RedTeamRun): RedTeamReport {
  return Object.freeze(Object.assign(Object.create(METHODS) as typeof METHODS, dataOf(run)));
}

// On the prototype, so that two reports are equal when their data is.
const METHODS = {
  render(this: RedTeamData, format: RedTeamFormat, options: RenderOptions = {}): string {
    const { paint, width = 100, tableWidth = width } = options;
    const bars = checkedBars(options.bars ?? DEFAULT_BARS);
    switch (format) {
      case "terminal":
        return terminalText(this, { paint, width, tableWidth, bars });
      case "json":
        return `${JSON.stringify(this, null, 2)}\n`;
      case "junit":
        return junitOf(this, bars);
      case "html":
        return htmlOf(this, bars);
      default:
        throw new InvalidInputError("format", `there is no format \`${String(format)}\``, {
          help: "one of terminal, json, junit, html",
        });
    }
  },

  passes(this: RedTeamReport, minCatchRate?: number, maxFalseStopsPerThousand?: number): boolean {
    return this.shortfalls(minCatchRate, maxFalseStopsPerThousand).length === 0;
  },

  shortfalls(
    this: RedTeamData,
    minCatchRate = DEFAULT_BARS.minCatchRate,
    maxFalseStopsPerThousand = DEFAULT_BARS.maxFalseStopsPerThousand,
  ): readonly string[] {
    return shortfallsOf(this, checkedBars({ minCatchRate, maxFalseStopsPerThousand }));
  },
};

function dataOf(run: RedTeamRun): RedTeamData {
  const { trials, mutated = [], mutations = [], hunts = [], shortest = [] } = run;
  const domains = run.domains ?? DOMAINS;
  const works = run.works.filter(({ problem }) => problem === undefined);
  const attacks = attackReports(trials);
  const policy = policyFacts(run.policy);
  const shares = sharesOf(works);
  const honest = honestReport(works);
  const { contained, missed } = sumOfCounts(attacks);
  return {
    ...{
      format: 1,
      software: SOFTWARE,
      engine: ENGINE_VERSION,
      seed: run.seed,
      seeds: run.seeds,
      domains,
      policy,
    },
    grade: gradeOf({ contained, missed, shares, stopped: honest.stopped }),
    attacks,
    byOwasp: owaspReports(attacks),
    byDomain: domainReports(domains, attacks, works, shares),
    missing: missingSentences(run.remedies),
    mutations: mutationReports(mutated, mutations, attacks),
    hunts: hunts.map(traceReport),
    shortest: shortest.map(traceReport),
    honest,
    problems: [...attackProblems([...trials, ...mutated]), ...workProblems(run.works)],
  };
}

/** Titles as the OWASP GenAI Security Project gives them (genai.owasp.org, CC BY-SA 4.0). */
const OWASP_TITLES: Readonly<Record<Owasp, string>> = {
  ASI01: "Agent Goal Hijack",
  ASI02: "Tool Misuse and Exploitation",
  ASI03: "Identity and Privilege Abuse",
  ASI04: "Agentic Supply Chain Vulnerabilities",
  ASI05: "Unexpected Code Execution (RCE)",
  ASI06: "Memory & Context Poisoning",
  ASI07: "Insecure Inter-Agent Communication",
  ASI08: "Cascading Failures",
  ASI09: "Human-Agent Trust Exploitation",
  ASI10: "Rogue Agents",
};

function owaspReports(attacks: readonly AttackReport[]): OwaspReport[] {
  return (Object.keys(OWASP_TITLES) as Owasp[]).flatMap((id) => {
    const members = attacks.filter(({ owasp }) => owasp.includes(id));
    if (members.length === 0) return [];
    const counts = sumOfCounts(members);
    const title = OWASP_TITLES[id];
    return [{ id, title, attacks: members.length, ...counts, catchRate: catchRateOf(counts) }];
  });
}

/** Of the domains that it is about, and of those of attacks that are in none of these. */
function domainReports(
  domains: readonly Domain[],
  attacks: readonly AttackReport[],
  works: readonly WorkResult[],
  shares: readonly number[],
): DomainReport[] {
  const strange = attacks.filter((attack) => !attack.domains.some((each) => domains.includes(each)));
  return DOMAINS.flatMap((id) => {
    if (!domains.includes(id) && !strange.some((attack) => attack.domains.includes(id))) return [];
    const members = attacks.filter(({ domains }) => domains.includes(id));
    const own = shares.filter((_, i) => works[i]!.work.domain === id);
    if (members.length === 0 && own.length === 0) return [];
    const counts = sumOfCounts(members);
    const stopped = works.filter(({ work, stopped }) => stopped && work.domain === id).length;
    const { honestShare } = gradeOf({ ...counts, shares: own, stopped });
    return [
      {
        ...{ id, attacks: members.length, ...counts, catchRate: catchRateOf(counts) },
        ...{ sessions: own.length, stopped, honestShare },
      },
    ];
  });
}

function attackProblems(trials: readonly Trial[]): ProblemReport[] {
  return trials.flatMap(({ attack, seed, mutation, problem, harmless }) => {
    if (problem === undefined || (mutation !== undefined && harmless === true)) return [];
    return [
      { what: "attack", id: attack.id, ...(mutation !== undefined && { mutation }), seed, problem } as const,
    ];
  });
}

function workProblems(works: readonly WorkResult[]): ProblemReport[] {
  return works.flatMap(({ work, seed, problem }) =>
    problem === undefined ? [] : [{ what: "work", id: work.id, seed, problem } as const],
  );
}
