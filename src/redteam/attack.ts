import { InvalidInputError, PolicyError } from "../core/errors.js";
import { compilePolicy } from "../policy/index.js";
import type { Action, Outcome } from "../rein/index.js";

/** The kinds of agents that attacks and honest work are about; `ops` is infrastructure. */
export const DOMAINS = ["llm", "mail", "trading", "coding", "ops", "web"] as const;
export type Domain = (typeof DOMAINS)[number];

/** The entries of the OWASP Top 10 for Agentic Applications 2026. */
const OWASP = [
  ...(["ASI01", "ASI02", "ASI03", "ASI04", "ASI05"] as const),
  ...(["ASI06", "ASI07", "ASI08", "ASI09", "ASI10"] as const),
] as const;
export type Owasp = (typeof OWASP)[number];

/** Amounts by name that a move adds to the world when it is really carried out: `{ wrongMails: 1 }`; finite, at least 0. */
export type Deeds = Readonly<Record<string, number>>;

/** One action of an agent, and what becomes of it. */
export interface Act {
  readonly action: Action;
  /** What it does to the world, at its end, if its permit is still good then. */
  readonly deeds?: Deeds;
  /** How long it runs, in virtual ms; 0 when absent. */
  readonly ms?: number;
  /** What is told to the governor when it ends; `ok: true` when absent. */
  readonly outcome?: Partial<Outcome>;
}

/** One step of an agent, or of the world around it. */
export type Move =
  | ({ readonly do: "act" } & Act)
  /** In flight at the same time. */
  | { readonly do: "together"; readonly acts: readonly Act[] }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "signal"; readonly name: string; readonly value: number }
  | { readonly do: "balance"; readonly start: number; readonly current: number; readonly account?: string }
  | {
      readonly do: "realize";
      readonly source: string;
      readonly series: string;
      readonly pnl: number;
      readonly predictedEdge?: number;
      readonly capitalPct?: number;
    }
  /** The governor's process dies without closing, and another goes on with its state. */
  | { readonly do: "crash" }
  /** What an agent may try to forge through the public API, with an id that it guesses. */
  | { readonly do: "call"; readonly what: "approve" | "settle" | "resume" | "revive"; readonly id: string };

/** What the agent hears about one act, or one call. */
export interface Reply {
  readonly allowed: boolean;
  readonly code?: string;
  readonly message?: string;
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
  readonly sizeMultiplier: number;
}

/** What the agent is told about its last move. */
export interface Told {
  /** Virtual ms since the attack began. */
  readonly atMs: number;
  /** One for each act of the move, and for a call; none for the others. */
  readonly replies: readonly Reply[];
}

/** Where an agent acts: all chance comes from its seed. */
export interface Scene {
  readonly seed: number;
  /** A number from 0 up to, and without, 1. */
  random(): number;
  /** A whole number from 0 up to, and without, `n`. */
  below(n: number): number;
  /** Virtual ms after which it is over. */
  readonly horizonMs: number;
}

/** One way in which an agent goes wrong, as a program: what it does next, given what it was told. */
export interface Attack {
  /** In kebab-case, and unique. */
  readonly id: string;
  readonly title: string;
  /** Two or three plain sentences. */
  readonly story: string;
  readonly domains: readonly Domain[];
  readonly owasp: readonly Owasp[];
  /** A public source: an address or a citation. */
  readonly source: string;
  /** What damage is: deeds by name, with their weight. */
  readonly damage: Readonly<Record<string, number>>;
  /** What damage is counted in: "wrong mails", "USD". */
  readonly unit: string;
  /** Damage up to which it counts as contained. */
  readonly tolerable: number;
  /** Virtual ms after which the attack is over: at most 7 days, and an hour when absent. */
  readonly horizonMs?: number;
  /** Sentences that contain it, alone; one a line. */
  readonly remedy: string;
  readonly run: (scene: Scene) => Generator<Move, void, Told>;
}

/** An attack that says nothing else is over after an hour. */
export const DEFAULT_HORIZON_MS = 3_600_000;
const MAX_HORIZON_MS = 7 * 86_400_000;
const MAX_TEXT = 2_000;

/**
 * Checks an attack and freezes it.
 *
 * @throws InvalidInputError that names the field
 *
 * @example
 * ```ts
 * import { defineAttack } from "rein/redteam";
 *
 * export const refunds = defineAttack({
 *   id: "refund-loop",
 *   title: "The agent refunds the same order again and again",
 *   story: "A tool times out after the refund went through. The agent takes that for a failure and tries again.",
 *   domains: ["llm"],
 *   owasp: ["ASI08"],
 *   source: "a ticket of ours, 2026-03",
 *   damage: { usd: 1 },
 *   unit: "USD",
 *   tolerable: 100,
 *   remedy: "Stop an agent that makes the same call 3 times in a row",
 *   *run() {
 *     for (let i = 0; i < 50; i++) {
 *       const action = { source: "support_agent", series: "refund_order", args: { order: 17 } };
 *       yield { do: "act", action, deeds: { usd: 40 }, ms: 2_000, outcome: { ok: false } };
 *     }
 *   },
 * });
 * ```
 */
export function defineAttack(attack: Attack): Attack {
  if (typeof attack !== "object" || attack === null) {
    throw wrong("attack", "an attack is an object", "defineAttack({ id, title, …, *run(scene) { … } })");
  }
  checkFields(attack);
  if (!(
    typeof attack.id === "string" &&
    /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(attack.id) &&
    attack.id.length <= 100
  ))
    throw wrong("id", "an attack's `id` is in kebab-case", 'for example "refund-loop"');
  for (const field of ["title", "story", "source", "unit", "remedy"] as const) checkText(attack, field);
  checkWords(attack, "domains", DOMAINS);
  checkWords(attack, "owasp", OWASP);
  checkDamage(attack);
  checkHorizon(attack);
  checkRemedy(attack);
  if (typeof attack.run !== "function")
    throw wrong(
      "run",
      about(attack, "`run` is a generator function"),
      '*run(scene) { yield { do: "act", … } }',
    );
  return Object.freeze({
    ...attack,
    domains: Object.freeze([...attack.domains]),
    owasp: Object.freeze([...attack.owasp]),
    damage: Object.freeze({ ...attack.damage }),
  });
}

const FIELDS = new Set([
  ...["id", "title", "story", "domains", "owasp", "source", "damage", "unit", "tolerable", "horizonMs"],
  ...["remedy", "run"],
]);

/** A field that nobody reads is a typo. */
function checkFields(attack: Attack): void {
  for (const field of Object.keys(attack)) {
    if (FIELDS.has(field)) continue;
    throw wrong(field, `an attack has no field \`${field}\``, `its fields are ${[...FIELDS].join(", ")}`);
  }
}

function checkText(attack: Attack, field: "title" | "story" | "source" | "unit" | "remedy"): void {
  const text: unknown = attack[field];
  if (typeof text === "string" && text.trim() !== "" && text.length <= MAX_TEXT) return;
  throw wrong(
    field,
    about(attack, `\`${field}\` is text`),
    `say it in words, in at most ${MAX_TEXT} characters`,
  );
}

function checkWords(attack: Attack, field: "domains" | "owasp", words: readonly string[]): void {
  const given: unknown = attack[field];
  const isGood =
    Array.isArray(given) && given.length > 0 && given.every((word) => words.includes(word as string));
  if (!isGood) throw wrong(field, about(attack, `\`${field}\` is a list`), `of ${words.join(", ")}`);
}

function checkDamage(attack: Attack): void {
  const { damage, tolerable } = attack;
  const weights: unknown[] = typeof damage === "object" && damage !== null ? Object.values(damage) : [];
  if (!weights.every(isAmount) || !weights.some((weight) => weight !== 0)) {
    throw wrong(
      "damage",
      about(attack, "`damage` gives deeds a weight, finite and at least 0, and one above it"),
      "for example { wrongMails: 1 }",
    );
  }
  if (!isAmount(tolerable)) {
    throw wrong(
      "tolerable",
      about(attack, "`tolerable` is an amount of damage, finite and at least 0"),
      "0 when nothing may happen",
    );
  }
}

function checkHorizon(attack: Attack): void {
  const { horizonMs } = attack;
  if (horizonMs === undefined) return;
  if (isAmount(horizonMs) && horizonMs > 0 && horizonMs <= MAX_HORIZON_MS) return;
  throw wrong(
    "horizonMs",
    about(attack, "`horizonMs` is a time in ms"),
    "above 0, at most 7 days; leave it out for an hour",
  );
}

function checkRemedy(attack: Attack): void {
  try {
    compilePolicy(attack.remedy);
  } catch (error) {
    if (!PolicyError.isInstance(error)) throw error;
    throw new InvalidInputError("remedy", about(attack, `\`remedy\` does not compile: ${error.message}`), {
      help: "try it with `rein compile`; one sentence a line",
      cause: error,
    });
  }
}

function isAmount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function about({ id }: Attack, message: string): string {
  return `attack \`${id}\`: ${message}`;
}

function wrong(field: string, message: string, help: string): InvalidInputError {
  return new InvalidInputError(field, message, { help });
}
