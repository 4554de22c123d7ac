import { own } from "../../core/own.js";
import type { Move } from "../attack.js";
import type { AttackFacts } from "../isolated-task.js";
import { actsOf } from "../moves.js";
import { makeMoves } from "./replay.js";
import type { HuntingGround, Step } from "./replay.js";

/** What is left of moves, and the damage that they do. */
interface Minimum {
  readonly moves: readonly Move[];
  readonly damage: number;
}

/** Work that may be spent on it. */
const MAX_TRIES = 40;
/** Moves and acts of all tries. */
const MAX_WORK = 20_000;

/**
 * Drops moves while the rest does enough: first what was refused, then what does no damage, then parts of the rest
 * (delta debugging, Zeller and Hildebrandt 2002). What the world does is kept, and the time at which it does it.
 *
 * @param isEnough whether so much damage is enough; the steps did as much
 */
export async function minimise(
  ground: HuntingGround,
  attack: AttackFacts,
  steps: readonly Step[],
  damage: number,
  isEnough: (damage: number) => boolean,
): Promise<Minimum> {
  const search = new Search(
    ground,
    attack,
    { moves: joined(steps.map(({ move }) => move)), damage },
    isEnough,
  );
  await search.try(joined(steps.flatMap(withoutRefused)));
  await search.try(search.least.moves.filter((move) => !isHarmless(move, attack.damage)));
  await search.dropParts();
  return search.least;
}

class Search {
  readonly #ground: HuntingGround;
  readonly #attack: AttackFacts;
  readonly #isEnough: (damage: number) => boolean;
  #least: Minimum;
  #tries = 0;
  #work = 0;

  constructor(
    ground: HuntingGround,
    attack: AttackFacts,
    first: Minimum,
    isEnough: (damage: number) => boolean,
  ) {
    this.#ground = ground;
    this.#attack = attack;
    this.#least = first;
    this.#isEnough = isEnough;
  }

  get least(): Minimum {
    return this.#least;
  }

  async try(candidate: readonly Move[]): Promise<boolean> {
    const moves = joined(candidate);
    const acts = moves.reduce((sum, move) => sum + actsOf(move).length, 0);
    if (moves.length >= this.#least.moves.length && acts >= countActs(this.#least.moves)) return false;
    if (this.#isSpent) return false;
    this.#tries += 1;
    this.#work += acts + moves.length;
    const { damage, problem } = await makeMoves(this.#ground, this.#attack, moves);
    if (problem !== null || !this.#isEnough(damage)) return false;
    this.#least = { moves, damage };
    return true;
  }

  /** Halves, quarters, and so on, down to single moves. */
  async dropParts(): Promise<void> {
    const isTimed = this.#least.moves.some(({ do: kind }) => kind === "signal");
    const mayGo = (move: Move): boolean => actsOf(move).length > 0 || (move.do === "wait" && !isTimed);
    let size = this.#least.moves.length;
    while (size > 1) {
      const { length } = this.#least.moves;
      size = Math.ceil(Math.min(size, length) / 2);
      // From the end: what goes there changes nothing of what is before it.
      for (let from = Math.floor((length - 1) / size) * size; from >= 0; from -= size) {
        if (this.#isSpent) return;
        const { moves } = this.#least;
        await this.try(moves.filter((move, i) => i < from || i >= from + size || !mayGo(move)));
      }
    }
  }

  get #isSpent(): boolean {
    return this.#tries >= MAX_TRIES || this.#work >= MAX_WORK;
  }
}

/** The step without the acts that were refused: what was not answered was still running. */
function withoutRefused({ move, replies }: Step): readonly Move[] {
  if (move.do === "act") return replies[0]?.allowed === false ? [] : [move];
  if (move.do !== "together") return [move];
  const acts = move.acts.filter((_, i) => replies[i]?.allowed !== false);
  if (acts.length <= 1) return acts.map((act) => ({ do: "act", ...act }));
  return [{ ...move, acts }];
}

function isHarmless(move: Move, weights: AttackFacts["damage"]): boolean {
  const acts = actsOf(move);
  return (
    acts.length > 0 &&
    acts.every(({ deeds = {} }) =>
      Object.entries(deeds).every(([name, amount]) => amount * (own(weights, name) ?? 0) === 0),
    )
  );
}

/** Waits that follow each other are one. */
function joined(moves: readonly Move[]): readonly Move[] {
  const result: Move[] = [];
  for (const move of moves) {
    const last = result.at(-1);
    if (move.do === "wait" && last?.do === "wait")
      result[result.length - 1] = { ...last, ms: last.ms + move.ms };
    else result.push(move);
  }
  return result;
}

function countActs(moves: readonly Move[]): number {
  return moves.reduce((sum, move) => sum + actsOf(move).length, 0);
}
