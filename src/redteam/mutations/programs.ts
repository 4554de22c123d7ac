import type { Act, Attack, Move, Reply, Scene, Told } from "../attack.js";
import { sceneOf } from "../scene.js";
import { checkMove } from "../world.js";

/** What an agent does, move by move. */
export type Program<Result = void> = Generator<Move, Result, Told>;

/** What stands between an agent and the governor: it carries out what the agent wants, in its own way. */
export interface Proxy {
  /** Has the acts of one move carried out; returns what the agent is told, one for each. */
  readonly act: (acts: readonly Act[], atMs: number) => Program<Told>;
  /** Comes before any other move. */
  readonly before?: (move: Move, atMs: number) => Program;
  /** Comes after the last one. */
  readonly end?: (atMs: number) => Program;
}

/**
 * The attack, carried out through a proxy: one for each run.
 *
 * @param proxyOf its scene has a chance of its own, so that the attack draws the numbers that it always draws
 */
export function through(attack: Attack, proxyOf: (scene: Scene) => Proxy): Attack {
  return Object.freeze({
    ...attack,
    run: (scene: Scene) => proxied(attack, scene, proxyOf(sceneOf(scene.seed ^ OTHER, scene.horizonMs))),
  });
}

const OTHER = 0x5bd1e995;

/** The attack, with each of its acts changed; one function for each run. */
export function withEachAct(attack: Attack, changeOf: () => (act: Act) => Act): Attack {
  return through(attack, () => {
    const change = changeOf();
    return { act: (acts) => perform(acts.map(change)) };
  });
}

/** Has acts carried out: one by itself, more at the same time. */
export function* perform(acts: readonly Act[]): Program<Told> {
  return yield acts.length === 1 ? { do: "act", ...acts[0]! } : { do: "together", acts };
}

/** Has acts carried out, and those that are refused tried again as often as `waitFor` gives a time to wait before it. */
export function* insist(
  acts: readonly Act[],
  waitFor: (refused: readonly Reply[], tried: number) => number | null,
): Program<Told> {
  let { atMs, replies } = yield* perform(acts);
  for (let tried = 1; ; tried++) {
    const refused = replies.filter(({ allowed }) => !allowed);
    const ms = refused.length === 0 ? null : waitFor(refused, tried);
    if (ms === null) return { atMs, replies };
    if (ms > 0) yield { do: "wait", ms };
    const again = yield* perform(acts.filter((_, i) => !replies[i]!.allowed));
    const news = again.replies.values();
    replies = replies.map((reply) => (reply.allowed ? reply : news.next().value!));
    atMs = again.atMs;
  }
}

function* proxied(attack: Attack, scene: Scene, proxy: Proxy): Program {
  const program = attack.run(scene);
  let told: Told = { atMs: 0, replies: [] };
  for (;;) {
    const step = program.next(told);
    if (step.done === true) break;
    const move = step.value;
    checkMove(move);
    if (move.do === "act") {
      const { do: _, ...act } = move;
      told = yield* proxy.act([act], told.atMs);
    } else if (move.do === "together" && move.acts.length > 0) {
      told = yield* proxy.act(move.acts, told.atMs);
    } else {
      yield* proxy.before?.(move, told.atMs) ?? [];
      told = yield move;
    }
  }
  yield* proxy.end?.(told.atMs) ?? [];
}
