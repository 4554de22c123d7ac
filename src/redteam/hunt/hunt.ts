import { compilePolicy } from "../../policy/index.js";
import type { CompiledPolicy } from "../../policy/index.js";
import type { ReinConfigInput } from "../../rein/index.js";
import type { Attack } from "../attack.js";
import { carryOut } from "../carry-out.js";
import { sceneOf } from "../scene.js";
import { Hunter } from "./hunter.js";
import { study } from "./material.js";
import type { Material } from "./material.js";
import { minimise } from "./minimise.js";
import { GREEDY, OPENINGS, planText, RENAMED, varied, WINDOWS_MS } from "./plan.js";
import type { Plan } from "./plan.js";
import { writeDown } from "./replay.js";
import type { HuntingGround, Step } from "./replay.js";
import type { Hunt } from "./trace.js";

export interface HuntOptions {
  readonly seed: number;
  /** Settings of the governor. */
  readonly config?: ReinConfigInput | undefined;
  /** Ways that are tried; 60 when absent. */
  readonly budget?: number | undefined;
  /** Acts of one way; 2,000 when absent. What needs more counts as let through without end. */
  readonly maxActs?: number | undefined;
  /** Tools can be called by other names, too, as where servers bring their own. */
  readonly renames?: boolean | undefined;
  readonly onProgress?: ((progress: { readonly done: number; readonly of: number }) => void) | undefined;
}

const BUDGET = 60;
const MAX_ACTS = 2_000;
/** Acts and moves of all ways together, as a multiple of those of one. */
const ACTS_IN_ALL = 20;
/** The best ways, from which others are made. */
const ELITE = 4;
const MAX_LESSONS = 6;

/**
 * Searches for the most damage that a policy lets an agent do that has the tools of an attack: first by plans that work
 * on many policies, then by changes of those that worked best here. The agent knows nothing but the answers it gets;
 * the same policy, attack and seed give the same hunt.
 *
 * @returns the worst way, without the moves that add nothing; `replayHunt` does it again
 */
export async function hunt(policy: CompiledPolicy, attack: Attack, options: HuntOptions): Promise<Hunt> {
  const { seed, config } = options;
  const ground: HuntingGround = { policy, seed, config };
  const bare = await carryOut(compilePolicy([]), attack, { seed, config });
  const { run: _, ...facts } = attack;
  const search = new Search(ground, attack, options);
  await search.begin();
  await search.goOn();
  const { damage, steps, strategy, isCapped } = search.best;
  const found = { attack: facts, seed, without: bare.damage, trials: search.trials };
  if (damage === 0) return { ...found, damage, moves: [], strategy: "nothing does damage", isCapped: false };
  const least = await minimise(ground, facts, steps, damage, (left) => left >= damage);
  return { ...found, damage: least.damage, moves: least.moves, strategy, isCapped };
}

interface Way {
  /** Null: the attack as it is. */
  readonly plan: Plan | null;
  readonly strategy: string;
  readonly damage: number;
  readonly acts: number;
  readonly steps: readonly Step[];
  readonly isCapped: boolean;
}

class Search {
  readonly #ground: HuntingGround;
  readonly #attack: Attack;
  readonly #options: HuntOptions;
  readonly #budget: number;
  readonly #maxActs: number;
  readonly #renames: boolean;
  readonly #scene;
  readonly #material: Material | null;
  readonly #tried = new Set<string>();
  readonly #lessons: Plan[] = [];
  #elite: readonly Way[] = [];
  #trials = 0;
  #acts = 0;

  constructor(ground: HuntingGround, attack: Attack, options: HuntOptions) {
    this.#ground = ground;
    this.#attack = attack;
    this.#options = options;
    this.#budget = options.budget ?? BUDGET;
    this.#maxActs = options.maxActs ?? MAX_ACTS;
    this.#renames = options.renames ?? false;
    this.#scene = sceneOf(options.seed, 0);
    this.#material = materialOf(attack, options.seed);
  }

  /** The first one is the attack as it is. */
  get best(): Way {
    return this.#elite[0]!;
  }

  get trials(): number {
    return this.#trials;
  }

  /** The attack as it is, then what works on many policies. */
  async begin(): Promise<void> {
    const { result, steps } = await writeDown(this.#ground, this.#attack);
    const damage = result.problem === null ? result.damage : 0;
    this.#count(result.actsTried);
    this.#keep({
      ...{ plan: null, strategy: "the attack as it is", damage, steps },
      ...{ acts: result.actsTried, isCapped: false },
    });
    const openings = this.#renames ? [...OPENINGS, ...RENAMED] : OPENINGS;
    for (const plan of openings) await this.#try(plan);
  }

  /** Changes of the best ones, and what was learned from stops. */
  async goOn(): Promise<void> {
    // A plan that was tried already costs nothing: so many that there is an end.
    for (let i = 0; i < this.#budget * 4 && !this.#isOver; i++) {
      const lesson = this.#lessons.shift();
      await this.#try(lesson ?? this.#offspring());
    }
  }

  get #isOver(): boolean {
    return (
      this.#material === null ||
      this.#trials >= this.#budget ||
      this.#acts >= this.#maxActs * ACTS_IN_ALL ||
      // Nothing does more with so many acts than one that may do all of them.
      (this.best.isCapped && this.best.plan?.size === 1)
    );
  }

  #offspring(): Plan {
    const parents = this.#elite.flatMap(({ plan }) => plan ?? []);
    const parent = parents[Math.min(this.#scene.below(ELITE), this.#scene.below(ELITE), parents.length - 1)];
    const freedom = { kinds: this.#material!.kinds.length, renames: this.#renames };
    return varied(parent ?? GREEDY, this.#scene, freedom);
  }

  async #try(plan: Plan): Promise<void> {
    const key = JSON.stringify(plan);
    if (this.#isOver || this.#tried.has(key)) return;
    this.#tried.add(key);
    const hunter = new Hunter(this.#material!, plan, this.#maxActs);
    const { policy: _, ...settings } = this.#ground;
    const { damage, problem } = await carryOut(
      this.#ground.policy,
      { ...this.#attack, run: hunter.run },
      settings,
    );
    this.#count(hunter.steps.length + hunter.acts);
    if (problem !== null) return;
    const { steps, acts, lesson, isCapped } = hunter;
    if (lesson !== null && plan.quota === null) this.#learn(plan, lesson);
    this.#keep({ plan, strategy: planText(plan), damage, steps, acts, isCapped });
  }

  #count(acts: number): void {
    this.#trials += 1;
    this.#acts += acts;
    this.#options.onProgress?.({ done: this.#trials, of: this.#budget });
  }

  /** More damage is better, and the same with fewer acts. */
  #keep(way: Way): void {
    this.#elite = [...this.#elite, way]
      .sort((a, b) => b.damage - a.damage || a.acts - b.acts)
      .slice(0, ELITE);
  }

  /** Who was stopped after so many stays below it, in each window that it may be about. */
  #learn(plan: Plan, times: readonly number[]): void {
    if (this.#lessons.length >= MAX_LESSONS) return;
    for (const windowMs of WINDOWS_MS) {
      const limit = times.filter((at) => at > times.at(-1)! - windowMs).length;
      this.#lessons.push({ ...plan, quota: { limit, windowMs } });
    }
  }
}

/** Null: nobody can learn from it how to do damage. An attack that breaks its own rules is told as a problem elsewhere. */
function materialOf(attack: Attack, seed: number): Material | null {
  try {
    const material = study(attack, seed);
    return material.kinds.length > 0 ? material : null;
  } catch {
    return null;
  }
}
