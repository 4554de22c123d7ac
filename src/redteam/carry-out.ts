import { messageOf } from "../core/errors.js";
import type { CompiledPolicy } from "../policy/index.js";
import type { Rein, ReinConfigInput } from "../rein/index.js";
import { DEFAULT_HORIZON_MS } from "./attack.js";
import type { Act, Attack, Move, Reply, Told } from "./attack.js";
import { POLICY_EMPTIED } from "./mutation.js";
import type { Mutation } from "./mutation.js";
import { nameOf, OUT_OF_TIME } from "./performed.js";
import type { Performed } from "./performed.js";
import { sceneOf } from "./scene.js";
import { refusedCall, Stage } from "./stage.js";
import { editStateDir, makeStateDir, removeStateDir } from "./state-dir.js";
import { checkMove, Foul, World } from "./world.js";
import type { Curve } from "./world.js";

export interface CarryOutOptions {
  readonly seed: number;
  readonly config?: ReinConfigInput | undefined;
  /** Moves after which an attack that goes on counts as one that never ends; 20,000 when absent. */
  readonly maxMoves?: number | undefined;
  /** Another way to carry it out. */
  readonly mutation?: Mutation | undefined;
}

/** What one attack did under one policy. */
export interface CarriedOut {
  readonly damage: number;
  readonly curve: Curve;
  readonly actsTried: number;
  readonly actsDone: number;
  /** The first harmful act that was stopped and after which nothing harmful was done; null: there was none. */
  readonly containedAfter: { readonly ms: number; readonly acts: number } | null;
  /** What stopped harmful acts, and how many of them: ids of rules, and codes where no rule did. */
  readonly stops: ReadonlyMap<string, number>;
  /** What the governor said to the first act that it took for none; null: all were acts. */
  readonly invalid: string | null;
  /** Why this proves nothing; null: it does. */
  readonly problem: string | null;
}

const MAX_MOVES = 20_000;
const MAX_ACTS = 200_000;

/** Runs one attack against a policy: in a governor of its own, in memory and in virtual time. */
export async function carryOut(
  policy: CompiledPolicy,
  attack: Attack,
  options: CarryOutOptions,
): Promise<CarriedOut> {
  const { mutation } = options;
  const mutated = mutation?.apply(attack) ?? attack;
  const { crashEveryMoves, deadStoreAfterMoves, editsStateAfterMoves } = mutation?.environment ?? {};
  const needsState = crashEveryMoves ?? deadStoreAfterMoves ?? editsStateAfterMoves;
  const run = new Run(policy, mutated, options, needsState !== undefined);
  if ((await run.go()) === "over") return run.result();
  // Keeping state costs time, so that it is done only for attacks that turn out to need it.
  const kept = new Run(policy, mutated, options, true);
  await kept.go();
  return kept.result();
}

/** One run of one attack. */
class Run {
  readonly #policy: CompiledPolicy;
  readonly #attack: Attack;
  readonly #options: CarryOutOptions;
  readonly #isKept: boolean;
  readonly #world: World;
  readonly #horizonMs: number;
  readonly #stops = new Map<string, number>();
  #stage!: Stage;
  #stateDir: string | undefined;
  #tried = 0;
  #done = 0;
  #containedAfter: CarriedOut["containedAfter"] = null;
  #invalid: string | null = null;
  #problem: string | null = null;

  constructor(policy: CompiledPolicy, attack: Attack, options: CarryOutOptions, isKept: boolean) {
    this.#policy = policy;
    this.#attack = attack;
    this.#options = options;
    this.#isKept = isKept;
    this.#world = new World(attack.damage);
    this.#horizonMs = attack.horizonMs ?? DEFAULT_HORIZON_MS;
  }

  /** Resolves with `crashes` when it cannot go on because nothing outlives a crash here. */
  async go(): Promise<"over" | "crashes"> {
    const { config, mutation } = this.#options;
    const { clockSkew, editsStateAfterMoves } = mutation?.environment ?? {};
    const stateDir = editsStateAfterMoves === undefined ? undefined : await makeStateDir();
    this.#stateDir = stateDir;
    try {
      const isKept = this.#isKept;
      this.#stage = await Stage.open({ policy: this.#policy, config, clockSkew, isKept, stateDir });
      return await this.#toTheEnd();
    } finally {
      if (stateDir !== undefined) await removeStateDir(stateDir);
    }
  }

  async #toTheEnd(): Promise<"over" | "crashes"> {
    try {
      return await this.#play();
    } catch (error) {
      this.#problem = error instanceof Foul ? error.message : `the governor failed: ${messageOf(error)}`;
      return "over";
    } finally {
      await this.#stage.close();
    }
  }

  result(): CarriedOut {
    return {
      damage: this.#world.damage,
      curve: this.#world.curve,
      actsTried: this.#tried,
      actsDone: this.#done,
      containedAfter: this.#containedAfter,
      stops: this.#stops,
      invalid: this.#invalid,
      problem: this.#problem,
    };
  }

  async #play(): Promise<"over" | "crashes"> {
    const { seed, maxMoves = MAX_MOVES } = this.#options;
    const scene = sceneOf(seed, this.#horizonMs);
    const program = its(() => this.#attack.run(scene));
    let told: Told = { atMs: 0, replies: [] };
    for (let moves = 0; ; moves++) {
      const step = its(() => program.next(told));
      if (step.done === true) return "over";
      if (moves >= maxMoves) throw new Foul(`it did not end within ${maxMoves} moves`);
      if (moves > 0) await this.#trouble(moves);
      const move: unknown = step.value;
      checkMove(move);
      if (move.do === "crash" && !this.#isKept && this.#policy.rules.length > 0) return "crashes";
      const replies = await this.#make(move);
      if (this.#stage.atMs >= this.#horizonMs) return "over";
      told = { atMs: this.#stage.atMs, replies };
    }
  }

  /** What goes wrong before the next move. */
  async #trouble(moves: number): Promise<void> {
    const { environment = {} } = this.#options.mutation ?? {};
    const { crashEveryMoves = Infinity, deadStoreAfterMoves, editsStateAfterMoves } = environment;
    if (moves % crashEveryMoves === 0) await this.#stage.crash();
    if (moves === deadStoreAfterMoves) this.#stage.loseStore();
    if (moves === editsStateAfterMoves) await this.#stage.crash(() => editStateDir(this.#stateDir!));
  }

  async #make(move: Move): Promise<readonly Reply[]> {
    const stage = this.#stage;
    switch (move.do) {
      case "act":
        return this.#perform([move]);
      case "together":
        return this.#perform(move.acts);
      case "wait":
        await stage.waitUntil(Math.min(stage.atMs + move.ms, this.#horizonMs));
        return [];
      case "crash":
        // Without rules there is no state that a crash could cost.
        if (this.#isKept) await stage.crash();
        return [];
      case "call":
        return [call(stage.rein, move)];
      default:
        stage.report(move);
        return [];
    }
  }

  async #perform(acts: readonly Act[]): Promise<readonly Reply[]> {
    if (this.#tried + acts.length > MAX_ACTS) throw new Foul(`it did not end within ${MAX_ACTS} acts`);
    const before = this.#tried;
    const harm = acts.map(({ deeds }) => this.#world.weigh(deeds));
    const performed = this.#stage.perform(acts, this.#horizonMs);
    this.#tried += acts.length;
    const inOrder = performed.map((one, i) => ({ one, i })).sort((a, b) => a.one.atMs - b.one.atMs);
    for (const { one, i } of inOrder) this.#judge(one, harm[i]!, before + i + 1);
    this.#followPolicyFile(performed);
    await this.#stage.rest();
    return performed.map(({ reply }) => reply);
  }

  /** Where an act has emptied the policy file, no rule is in force from now on. */
  #followPolicyFile(performed: readonly Performed[]): void {
    if (this.#options.mutation?.environment?.followsPolicyFile !== true) return;
    const isEmpty = performed.some(({ act, stop }) => stop === null && act.deeds?.[POLICY_EMPTIED] === 1);
    if (isEmpty) this.#stage.rein.setPolicy([]);
  }

  #judge({ stop, atMs }: Performed, harm: number, acts: number): void {
    if (stop?.code === "invalid_action") this.#invalid ??= stop.message;
    if (stop === null) {
      this.#done += 1;
      this.#world.book(harm, atMs);
      if (harm > 0) this.#containedAfter = null;
    } else if (harm > 0 && stop.code !== OUT_OF_TIME.code) {
      this.#containedAfter ??= { ms: atMs, acts };
      const by = nameOf(stop);
      this.#stops.set(by, (this.#stops.get(by) ?? 0) + 1);
    }
  }
}

/**
 * What an agent gets that forges a call. It can reach `settle`, for callers have ids of decisions. What only operators
 * may do it cannot reach: there is no id with which a caller could ask for it.
 */
function call(rein: Rein, { what, id }: Extract<Move, { do: "call" }>): Reply {
  if (what !== "settle") {
    const message = `only operators may ${what}`;
    return { allowed: false, code: "not_operator", message, retryable: false, sizeMultiplier: 0 };
  }
  try {
    rein.settle(id, { ok: true });
    return { allowed: true, retryable: false, sizeMultiplier: 1 };
  } catch (error) {
    return refusedCall(error);
  }
}

function its<T>(step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw new Foul(`it threw: ${messageOf(error)}`);
  }
}
