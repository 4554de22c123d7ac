import { InvalidInputError } from "../core/errors.js";
import { compilePolicy } from "../policy/index.js";
import type { CompiledPolicy, PolicyInput } from "../policy/index.js";
import type { Attack, Domain } from "./attack.js";
import { recordedWork, worksFor } from "./benign/index.js";
import { hunt, shrink } from "./hunt/index.js";
import type { Hunt, Trace } from "./hunt/index.js";
import { chosen } from "./choose.js";
import { AttackFile } from "./isolated.js";
import type { Mutation } from "./mutation.js";
import { checked } from "./options.js";
import type { RedTeamOptions } from "./options.js";
import { lacking, missedSeeds, withSentences } from "./remedy.js";
import type { Remedied } from "./remedy.js";
import { redTeamReport } from "./report/index.js";
import type { RedTeamReport } from "./report/index.js";
import { runAttack } from "./run-attack.js";
import type { RunAttackOptions, Trial } from "./run-attack.js";
import { runWork } from "./run-work.js";
import type { WorkResult } from "./run-work.js";
import { ATTACKS } from "./scenarios/index.js";
import type { Work } from "./work.js";

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
  const { attacks: given, domains, seed, seeds, sessions, mutations } = checked(options);
  const files = await openFiles(options);
  try {
    const owners = new Map(files.flatMap((file) => file.attacks.map((attack) => [attack, file] as const)));
    const attacks = attacksOf(given ?? ATTACKS, domains, [...owners.keys()], options);
    const works = await worksOf(options, domains, seed, sessions);
    const team = new Team(policy, options, owners);
    team.plans(
      attacks.length * (seeds + mutations.length + (options.adaptive === true ? 1 : 0)) + works.length,
    );
    const trials = await team.attack(attacks, seed, seeds);
    const remedies = await team.remedy(trials);
    const mutated = await team.mutate(attacks, mutations, seed);
    return redTeamReport({
      ...{ policy, seed, seeds, domains, trials, remedies, mutated, mutations },
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

  /** Tries what is proposed against what was missed: only what was seen to hold is said to. */
  async remedy(trials: readonly Trial[]): Promise<readonly Remedied[]> {
    const remedies: Remedied[] = [];
    for (const [attack, seeds] of missedSeeds(trials)) {
      const sentences = lacking(this.#policy, attack.remedy);
      const better = sentences.length === 0 ? null : withSentences(this.#policy, sentences);
      const contains = better !== null && (await this.#holds(better, attack, seeds));
      remedies.push({ attack: attack.id, sentences, contains });
    }
    return remedies;
  }

  async #holds(policy: CompiledPolicy, attack: Attack, seeds: readonly number[]): Promise<boolean> {
    for (const seed of seeds) {
      await new Promise(setImmediate);
      if (!(await this.#run(policy, attack, { seed })).contained) return false;
    }
    return true;
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
    return this.#run(this.#policy, attack, options);
  }

  async #run(policy: CompiledPolicy, attack: Attack, options: RunAttackOptions): Promise<Trial> {
    const all = { ...options, config: this.#options.config };
    const file = this.#owners.get(attack);
    return file === undefined ? runAttack(policy, attack, all) : file.trial(policy, attack, all);
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
  attacks: readonly Attack[],
  domains: readonly Domain[],
  own: readonly Attack[],
  { ids }: RedTeamOptions,
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
