import { messageOf } from "../../src/core/errors.js";
import { DOMAINS } from "../../src/redteam/attack.js";
import type { Attack, Domain } from "../../src/redteam/attack.js";
import { worksFor } from "./internals.js";
import { gradeOf, sharesOf } from "../../src/redteam/grade.js";
import type { Grade } from "../../src/redteam/grade.js";
import { ATTACKS } from "rein/redteam";
import type { Contestant } from "./contestant.js";
import { driveAttack } from "./drive-attack.js";
import type { AttackRun } from "./drive-attack.js";
import { driveWork } from "./drive-work.js";
import type { WorkRun } from "./drive-work.js";
import { outlineOf } from "./tools.js";

export interface ScoreOptions {
  readonly seed: number;
  /** Honest sessions in each domain. */
  readonly sessions: number;
  readonly domains: readonly Domain[];
  /** Ids; all when absent. */
  readonly attacks?: readonly string[] | undefined;
  readonly say: (line: string) => void;
}

/** One attack in one of its domains: under the limits of that domain. */
export interface Trial extends AttackRun {
  readonly attack: string;
  readonly domain: Domain;
}

export interface Session extends WorkRun {
  readonly work: string;
  readonly domain: Domain;
}

export interface Score {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  /** Attacks that were contained in each of their domains. */
  readonly contained: number;
  readonly attacks: number;
  /** Honest sessions in which no act was given up. */
  readonly unstopped: number;
  readonly sessions: number;
  readonly grade: Grade;
  readonly missedByDomain: Readonly<Record<string, number>>;
  readonly stoppedByDomain: Readonly<Record<string, number>>;
  readonly trials: readonly Trial[];
  readonly works: readonly Session[];
  readonly seconds: number;
}

/** Lets one contestant meet all attacks and all honest work: each with a guard of its own. */
export async function scoreOf(contestant: Contestant, options: ScoreOptions): Promise<Score> {
  const began = performance.now();
  const trials = await attackWith(contestant, options);
  const works = await workUnder(contestant, options);
  const attacks = new Set(trials.map(({ attack }) => attack));
  const missed = new Set(trials.filter(({ contained }) => !contained).map(({ attack }) => attack));
  const stopped = works.filter((work) => work.stopped);
  const grade = gradeOf({
    contained: attacks.size - missed.size,
    missed: missed.size,
    shares: sharesOf(works),
    stopped: stopped.length,
  });
  const { id, name, version } = contestant;
  return {
    ...{ id, name, version, grade, trials, works },
    contained: attacks.size - missed.size,
    attacks: attacks.size,
    unstopped: works.length - stopped.length,
    sessions: works.length,
    missedByDomain: countBy(trials.filter(({ contained }) => !contained)),
    stoppedByDomain: countBy(stopped),
    seconds: (performance.now() - began) / 1000,
  };
}

/** Attacks with the domains in which each is a trial. */
export function trialsOf({ domains, attacks }: Pick<ScoreOptions, "domains" | "attacks">) {
  return ATTACKS.filter(({ id }) => attacks?.includes(id) ?? true).flatMap((attack) =>
    attack.domains.filter((domain) => domains.includes(domain)).map((domain) => ({ attack, domain })),
  );
}

async function attackWith(contestant: Contestant, options: ScoreOptions): Promise<readonly Trial[]> {
  const { seed, say } = options;
  const trials: Trial[] = [];
  for (const { attack, domain } of trialsOf(options)) {
    say(`${contestant.id}: ${attack.id} in ${domain}`);
    const run = await guarded(contestant, attack, domain, seed, (gate) => driveAttack(gate, attack, seed));
    trials.push({ attack: attack.id, domain, ...run });
  }
  return trials;
}

async function workUnder(contestant: Contestant, options: ScoreOptions): Promise<readonly Session[]> {
  const { seed, sessions, domains, say } = options;
  const works: Session[] = [];
  // The same sessions with the same seeds as `rein redteam` has them.
  for (const [i, work] of worksFor(domains, { seed, sessions }).entries()) {
    say(`${contestant.id}: ${work.id}`);
    const run = await guarded(contestant, work, work.domain, seed + i, (gate) =>
      driveWork(gate, work, seed + i),
    );
    works.push({ work: work.id, domain: work.domain, ...run });
  }
  return works;
}

async function guarded<T>(
  contestant: Contestant,
  program: Attack | Parameters<typeof outlineOf>[0],
  domain: Domain,
  seed: number,
  drive: (gate: Awaited<ReturnType<Contestant["open"]>>) => Promise<T>,
): Promise<T> {
  const gate = await contestant.open({ domain, ...outlineOf(program, seed) });
  try {
    return await drive(gate);
  } catch (error) {
    throw new Error(`${contestant.id}, ${program.id}: ${messageOf(error)}`, { cause: error });
  } finally {
    await gate.close();
  }
}

function countBy(list: readonly { readonly domain: Domain }[]): Readonly<Record<string, number>> {
  const counts = DOMAINS.map((each) => [each, list.filter(({ domain }) => domain === each).length] as const);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}
