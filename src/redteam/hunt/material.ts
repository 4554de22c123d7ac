import { own } from "../../core/own.js";
import type { Act, Attack, Move, Reply } from "../attack.js";
import { DEFAULT_HORIZON_MS } from "../attack.js";
import { actsOf } from "../moves.js";
import { sceneOf } from "../scene.js";
import { checkMove, World } from "../world.js";

/** What a hunter knows of an attack: what it does, and what the world does beside it. */
export interface Material {
  readonly horizonMs: number;
  /** Acts that do damage, alike ones together; the first that it does first. */
  readonly kinds: readonly Kind[];
  /** Acts that do none. */
  readonly honest: readonly Act[];
  /** What comes before the first damage, when nothing is refused. */
  readonly prelude: readonly Move[];
  /** Before that, an act is no harm yet: the attack is about a world that has changed. */
  readonly harmfulFromMs: number;
  readonly signals: readonly Timed<"signal">[];
  /** Balances by the damage that was done when they were reported. */
  readonly balances: readonly { readonly damage: number; readonly move: MoveOf<"balance"> }[];
}

export interface Kind {
  readonly variants: readonly Variant[];
  /** Tags whose values it does not matter what they are. */
  readonly freeTags: readonly string[];
  /** Damage is what is spent, so that a part of the cost does that part of the damage. */
  readonly isDivisible: boolean;
  /** What is done cannot be done again: the attack did each once, and few of them. */
  readonly isOnce: boolean;
}

export interface Variant {
  readonly act: Act;
  readonly harm: number;
  /** What is reported when it was done. */
  readonly realized: readonly MoveOf<"realize">[];
}

export type MoveOf<D extends Move["do"]> = Extract<Move, { readonly do: D }>;

interface Timed<D extends Move["do"]> {
  readonly atMs: number;
  readonly move: MoveOf<D>;
}

const MAX_MOVES = 4_000;
const MAX_VARIANTS = 400;
/** Values from which on a tag is one that the attack makes up. */
const MANY = 3;
/** Tags that say which piece of work an act belongs to: whoever acts begins a new one when he likes. */
const OF_WORK = new Set(["conversation", "session", "task", "run", "job", "campaign", "trace", "thread"]);

const ALLOWED: Reply = { allowed: true, retryable: false, sizeMultiplier: 1 };
const REFUSED: Reply = {
  ...{ allowed: false, code: "rate_limited", message: "not now", retryable: true },
  ...{ retryAfterMs: 60_000, sizeMultiplier: 0 },
};

/** Learns an attack by heart: what it does when nothing is refused, and what when everything is. */
export function study(attack: Attack, seed: number): Material {
  const horizonMs = attack.horizonMs ?? DEFAULT_HORIZON_MS;
  const notes = new Notes(attack);
  notes.watch(attack, seed, horizonMs, ALLOWED);
  const { prelude, harmfulFromMs, signals } = notes;
  const isAboutTheWorld = signals.length > 0;
  const lastSignalMs = signals.at(-1)?.atMs ?? 0;
  notes.watch(attack, seed, horizonMs, REFUSED);
  return {
    horizonMs,
    kinds: notes.kinds(),
    honest: notes.honest.slice(0, MAX_VARIANTS),
    prelude,
    harmfulFromMs: isAboutTheWorld ? harmfulFromMs : 0,
    signals: lastSignalMs > harmfulFromMs ? goingOn(signals, horizonMs) : signals,
    balances: notes.balances,
  };
}

/** A world that moved until the attack was over moves on. */
function goingOn(signals: readonly Timed<"signal">[], horizonMs: number): readonly Timed<"signal">[] {
  const last = signals.at(-1)!;
  const everyMs = Math.max(1_000, last.atMs / signals.length);
  const more: Timed<"signal">[] = [];
  for (let atMs = last.atMs + everyMs; atMs < horizonMs && more.length < MAX_MOVES; atMs += everyMs)
    more.push({ atMs: Math.round(atMs), move: last.move });
  return [...signals, ...more];
}

/** What was seen of an attack. */
class Notes {
  readonly honest: Act[] = [];
  readonly balances: { damage: number; move: MoveOf<"balance"> }[] = [];
  prelude: readonly Move[] = [];
  harmfulFromMs = 0;
  signals: readonly Timed<"signal">[] = [];
  readonly #world: World;
  readonly #weights: Attack["damage"];
  readonly #kinds = new Map<string, (Variant & { readonly realized: MoveOf<"realize">[] })[]>();
  readonly #seen = new Set<string>();
  /** Kinds of which the attack does the same again. */
  readonly #again = new Set<string>();
  /** What was seen in this run of it. */
  #now = new Set<string>();

  constructor({ damage }: Attack) {
    this.#world = new World(damage);
    this.#weights = damage;
  }

  kinds(): readonly Kind[] {
    return [...this.#kinds].map(([kind, variants]) => ({
      variants,
      freeTags: freeTagsOf(variants),
      isDivisible: variants.every(({ act }) => isDivisible(act, this.#weights)),
      isOnce: variants.length < MANY && !this.#again.has(kind),
    }));
  }

  /** Runs the program against an answer that is always the same. */
  watch(attack: Attack, seed: number, horizonMs: number, answer: Reply): void {
    this.#now = new Set();
    const program = attack.run(sceneOf(seed, horizonMs));
    const isFree = answer.allowed;
    const moves: Move[] = [];
    const signals: Timed<"signal">[] = [];
    let atMs = 0;
    let damage = 0;
    let replies: readonly Reply[] = [];
    let last: (MoveOf<"realize">[] | null)[] = [];
    for (let i = 0; i < MAX_MOVES && atMs < horizonMs; i++) {
      const { done, value: move } = program.next({ atMs, replies });
      if (done === true) break;
      checkMove(move);
      const acts = actsOf(move);
      if (acts.length > 0) {
        const harm = acts.map(({ deeds }) => this.#world.weigh(deeds));
        const sum = harm.reduce((a, b) => a + b);
        if (isFree && sum > 0 && damage === 0) {
          this.prelude = [...moves];
          this.harmfulFromMs = atMs;
        }
        last = acts.map((act, k) => this.#note(act, harm[k]!));
        if (isFree) {
          damage += sum;
          atMs += Math.max(...acts.map(({ ms = 0 }) => ms));
        }
      }
      if (move.do === "wait") atMs += move.ms;
      if (isFree && move.do === "signal") signals.push({ atMs, move });
      if (isFree && move.do === "balance") this.balances.push({ damage, move });
      if (isFree && move.do === "realize") for (const realized of last) realized?.push(move);
      if (move.do === "realize") last = [];
      moves.push(move);
      replies = move.do === "call" ? [answer] : acts.map(() => answer);
    }
    if (isFree) this.signals = signals;
  }

  /** Returns where to write what is reported of it; null: somewhere already. */
  #note(act: Act, harm: number): MoveOf<"realize">[] | null {
    const key = JSON.stringify(act);
    if (this.#now.has(key)) this.#again.add(kindOf(act));
    this.#now.add(key);
    if (this.#seen.has(key)) return null;
    this.#seen.add(key);
    if (harm === 0) {
      this.honest.push(act);
      return null;
    }
    const kind = kindOf(act);
    const variants = this.#kinds.get(kind) ?? [];
    this.#kinds.set(kind, variants);
    const realized: MoveOf<"realize">[] = [];
    if (variants.length < MAX_VARIANTS) variants.push({ act, harm, realized });
    return realized;
  }
}

function kindOf({ action: { series, tags = {}, args } }: Act): string {
  const names = typeof args === "object" && args !== null ? Object.keys(args).sort() : [];
  return JSON.stringify([series, Object.keys(tags).sort(), names]);
}

function freeTagsOf(variants: readonly Variant[]): readonly string[] {
  return Object.keys(variants[0]!.act.action.tags ?? {}).filter(
    (tag) => OF_WORK.has(tag) || new Set(variants.map(({ act }) => act.action.tags?.[tag])).size >= MANY,
  );
}

/** Each deed that counts is a measure of the cost, and as much as it. */
function isDivisible({ action: { cost = {} }, deeds = {} }: Act, weights: Attack["damage"]): boolean {
  return Object.entries(deeds)
    .filter(([name, amount]) => amount > 0 && (own(weights, name) ?? 0) > 0)
    .every(([name, amount]) => Math.abs((own(cost, name) ?? 0) - amount) <= amount * 1e-9);
}
