import { InvalidInputError } from "../core/errors.js";
import { compilePolicy } from "../policy/index.js";
import type { CompiledPolicy, PolicyInput } from "../policy/index.js";
import type { ReinConfigInput } from "../rein/index.js";
import { DOMAINS } from "./attack.js";
import type { Attack, Domain } from "./attack.js";
import { recordedWork, worksFor } from "./benign/index.js";
import { hunt, shrink } from "./hunt/index.js";
import type { Hunt, Trace } from "./hunt/index.js";
import { chosen } from "./choose.js";
import { AttackFile } from "./isolated.js";
import type { Mutation } from "./mutation.js";
import { MUTATIONS } from "./mutations/index.js";
import { redTeamReport } from "./report/index.js";
import type { RedTeamReport } from "./report/index.js";
import { runAttack } from "./run-attack.js";
import type { RunAttackOptions, Trial } from "./run-attack.js";
import { runWork } from "./run-work.js";
import type { WorkResult } from "./run-work.js";
import { ATTACKS } from "./scenarios/index.js";
import type { Work } from "./work.js";

export interface RedTeamOptions {
  /** Instead of the built-in attacks; both are filtered by `domains`. */
  readonly attacks?: readonly Attack[] | undefined;
  /** JavaScript modules with attacks of your own, which run beside the others, each file in a thread; `domains` does not filter them. */
  readonly attackFiles?: readonly string[] | undefined;
  /** Globs: only attacks with such an id, those of `attackFiles` included. Each must match one. */
  readonly ids?: readonly string[] | undefined;
  /** Real ms that one run of an attack of such a file may take; 10,000 when absent. */
  readonly attackLimitMs?: number | undefined;
  /** Instead of generated honest work. */
  readonly benign?: readonly Work[] | undefined;
  /** A folder of recorded sessions, which are let through beside it; see docs/redteam.md. */
  readonly recordings?: string | undefined;
  /** All when absent. */
  readonly domains?: readonly Domain[] | undefined;
  /** All chance comes from it; 1 when absent. */
  readonly seed?: number | undefined;
  /** Runs of each attack, with the seeds that follow each other; 1 when absent. */
  readonly seeds?: number | undefined;
  /** Sessions of honest work in each domain; 20 when absent. */
  readonly sessions?: number | undefined;
  /** Carries out each attack in each other way that there is, too; or in these. */
  readonly mutations?: boolean | readonly Mutation[] | undefined;
  /** Searches, from each attack, for the most damage that the policy lets through, and shortens what was missed. */
  readonly adaptive?: boolean | undefined;
  /** Settings of the governor. */
  readonly config?: ReinConfigInput | undefined;
  readonly onProgress?: ((progress: RedTeamProgress) => void) | undefined;
}

/** How far it is. */
export interface RedTeamProgress {
  readonly done: number;
  readonly of: number;
  /** What comes next. */
  readonly next: string;
}

const SESSIONS = 20;
const MAX_SEEDS = 1_000;

/**
 * Attacks a policy, and lets honest agents work under it: each attack and each session in a governor of its own, in
 * memory and in virtual time. The same policy, options and seed give the same report.
 *
 * @throws PolicyError; InvalidInputError for an option that makes no sense, and for a file of attacks that cannot be used
 *
 * @example
 * ```ts
 * import { runRedTeam } from "rein/redteam";
 *
 * const report = await runRedTeam("Allow at most 20 send_email actions per hour", { domains: ["mail"] });
 * console.log(report.render("terminal"));
 * ```
 */
export async function runRedTeam(input: PolicyInput, options: RedTeamOptions = {}): Promise<RedTeamReport> {
  const policy = compilePolicy(input);
  const { domains, seed, seeds, sessions } = checked(options);
  const files = await openFiles(options);
  try {
    const owners = new Map(files.flatMap((file) => file.attacks.map((attack) => [attack, file] as const)));
    const attacks = attacksOf(options, domains, [...owners.keys()]);
    const works = await worksOf(options, domains, seed, sessions);
    const team = new Team(policy, options, owners);
    const mutations = mutationsOf(options);
    team.plans(
      attacks.length * (seeds + mutations.length + (options.adaptive === true ? 1 : 0)) + works.length,
    );
    const trials = await team.attack(attacks, seed, seeds);
    const mutated = await team.mutate(attacks, mutations, seed);
    return redTeamReport({
      ...{ policy, seed, seeds, domains, trials, mutated, mutations },
      ...(options.adaptive === true && {
        hunts: await team.hunt(attacks, seed),
        shortest: await team.shrink(trials),
      }),
      works: await team.work(works, seed),
    });
  } finally {
    for (const file of files) await file.close();
  }
}

/** Runs one after the other, and tells how far it is. */
class Team {
  readonly #policy: CompiledPolicy;
  readonly #options: RedTeamOptions;
  readonly #owners: ReadonlyMap<Attack, AttackFile>;
  #done = 0;
  #of = 0;

  constructor(policy: CompiledPolicy, options: RedTeamOptions, owners: ReadonlyMap<Attack, AttackFile>) {
    this.#policy = policy;
    this.#options = options;
    this.#owners = owners;
  }

  plans(runs: number): void {
    this.#of = runs;
  }

  async attack(attacks: readonly Attack[], seed: number, seeds: number): Promise<readonly Trial[]> {
    const trials: Trial[] = [];
    for (const attack of attacks) {
      for (let i = 0; i < seeds; i++) trials.push(await this.#trial(attack, { seed: seed + i }));
    }
    return trials;
  }

  async mutate(
    attacks: readonly Attack[],
    mutations: readonly Mutation[],
    seed: number,
  ): Promise<readonly Trial[]> {
    const trials: Trial[] = [];
    for (const mutation of mutations) {
      for (const attack of attacks) trials.push(await this.#trial(attack, { seed, mutation }));
    }
    return trials;
  }

  async hunt(attacks: readonly Attack[], seed: number): Promise<readonly Hunt[]> {
    const options = { seed, config: this.#options.config };
    const hunts: (Hunt | null)[] = [];
    for (const attack of attacks) {
      await this.#tell(`hunting from ${attack.id}`);
      const file = this.#owners.get(attack);
      hunts.push(await (file?.hunt(this.#policy, attack, options) ?? hunt(this.#policy, attack, options)));
    }
    return hunts.filter((each) => each !== null);
  }

  /** The shortest ways of what was missed. */
  async shrink(trials: readonly Trial[]): Promise<readonly Trace[]> {
    const { config } = this.#options;
    const traces: (Trace | null)[] = [];
    for (const { attack, seed, contained, problem } of trials) {
      if (contained || problem !== undefined || traces.some((trace) => trace?.attack.id === attack.id))
        continue;
      const options = { seed, config };
      const file = this.#owners.get(attack);
      traces.push(
        await (file?.shrink(this.#policy, attack, options) ?? shrink(this.#policy, attack, options)),
      );
    }
    return traces.filter((each) => each !== null);
  }

  async work(works: readonly Work[], seed: number): Promise<readonly WorkResult[]> {
    const { config } = this.#options;
    const results: WorkResult[] = [];
    for (const [i, work] of works.entries()) {
      await this.#tell(work.id);
      results.push(await runWork(this.#policy, work, { seed: seed + i, config }));
    }
    return results;
  }

  async #trial(attack: Attack, options: RunAttackOptions): Promise<Trial> {
    const { mutation } = options;
    await this.#tell(mutation === undefined ? attack.id : `${attack.id}, ${mutation.id}`);
    const all = { ...options, config: this.#options.config };
    const file = this.#owners.get(attack);
    return file === undefined ? runAttack(this.#policy, attack, all) : file.trial(this.#policy, attack, all);
  }

  /** Lets others have their turn, too. */
  async #tell(next: string): Promise<void> {
    this.#options.onProgress?.({ done: this.#done, of: this.#of, next });
    this.#done += 1;
    await new Promise(setImmediate);
  }
}

async function openFiles({
  attackFiles = [],
  attackLimitMs,
}: RedTeamOptions): Promise<readonly AttackFile[]> {
  const files: AttackFile[] = [];
  try {
    for (const path of attackFiles) files.push(await AttackFile.open(path, attackLimitMs));
    return files;
  } catch (error) {
    for (const file of files) await file.close();
    throw error;
  }
}

function attacksOf(
  { attacks = ATTACKS, ids }: RedTeamOptions,
  domains: readonly Domain[],
  own: readonly Attack[],
): readonly Attack[] {
  checkIds([...attacks, ...own]);
  const wanted = new Set(ids === undefined ? [...attacks, ...own] : chosen(ids, [...attacks, ...own]));
  const isAbout = (attack: Attack): boolean => attack.domains.some((domain) => domains.includes(domain));
  return [...attacks.filter(isAbout), ...own].filter((attack) => wanted.has(attack));
}

async function worksOf(
  { benign, recordings }: RedTeamOptions,
  domains: readonly Domain[],
  seed: number,
  sessions: number,
): Promise<readonly Work[]> {
  const generated = benign ?? worksFor(domains, { seed, sessions });
  return recordings === undefined ? generated : [...generated, ...(await recordedWork(recordings))];
}

function mutationsOf({ mutations = false }: RedTeamOptions): readonly Mutation[] {
  if (typeof mutations !== "boolean") return mutations;
  return mutations ? MUTATIONS : [];
}

interface Checked {
  readonly domains: readonly Domain[];
  readonly seed: number;
  readonly seeds: number;
  readonly sessions: number;
}

function checked({ domains = DOMAINS, seed = 1, seeds = 1, sessions = SESSIONS }: RedTeamOptions): Checked {
  const unknown = domains.find((domain) => !DOMAINS.includes(domain));
  if (unknown !== undefined) {
    throw new InvalidInputError("domains", `there is no domain \`${String(unknown)}\``, {
      help: `use ${DOMAINS.join(", ")}`,
    });
  }
  whole("seed", seed, 0, 2 ** 32 - 1);
  whole("seeds", seeds, 1, MAX_SEEDS);
  whole("sessions", sessions, 0, 10_000);
  return { domains, seed, seeds, sessions };
}

function whole(field: string, value: number, from: number, to: number): void {
  if (Number.isInteger(value) && value >= from && value <= to) return;
  throw new InvalidInputError(
    field,
    `\`${field}\` is a whole number, and ${String(value)} is not one that fits`,
    {
      help: `from ${from} to ${to}`,
    },
  );
}

function checkIds(attacks: readonly Attack[]): void {
  const seen = new Set<string>();
  for (const { id } of attacks) {
    if (seen.has(id)) {
      throw new InvalidInputError("attacks", `there are two attacks with the id \`${id}\``, {
        help: "give each an id of its own",
      });
    }
    seen.add(id);
  }
}
