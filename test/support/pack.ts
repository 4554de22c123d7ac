import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import type { Action, Outcome, Permit } from "../../src/index.js";
import { loadPolicy } from "../../src/index.js";
import { lintPolicy } from "../../src/analysis/lint/index.js";
import { breathe, open } from "./open.js";
import type { Opened } from "./open.js";

/** Tries one rule of a pack: what it just allows and just refuses. */
export type Trial = (world: PackWorld) => void | Promise<void>;

const opened: PackWorld[] = [];

/** A policy pack in force, on a clock that stands still, with the effects that reached the world counted. */
export class PackWorld {
  readonly rein: Opened["rein"];
  readonly clock: Opened["clock"];
  /** How many actions of each series happened. */
  readonly effects = new Map<string, number>();
  readonly alerts: string[] = [];
  readonly #idOf: ReadonlyMap<string, string>;
  #calls = 0;

  private constructor({ rein, clock }: Opened, idOf: ReadonlyMap<string, string>) {
    this.rein = rein;
    this.clock = clock;
    this.#idOf = idOf;
    rein.on("alert", ({ rule }) => this.alerts.push(rule ?? ""));
    opened.push(this);
  }

  static async open(pack: string, start: string): Promise<PackWorld> {
    const policy = await loadPolicy(packFile(pack));
    const idOf = new Map(policy.origins.map(({ sentence = "" }, i) => [sentence, policy.rules[i]!.id]));
    return new PackWorld(await open(policy, { start: Date.parse(start) }), idOf);
  }

  /** The id of the rule that a sentence of the pack became. */
  idOf(sentence: string): string {
    const id = this.#idOf.get(sentence);
    if (id === undefined) throw new Error(`the pack has no rule \`${sentence}\``);
    return id;
  }

  /** Tries an action, and does it when it is allowed. The id of the rule that refuses it, or `ok`. */
  try(action: Action, outcome: Outcome = { ok: true }): string {
    const decision = this.rein.gate(action);
    if (!decision.allowed) return decision.refusal.rule ?? decision.refusal.code;
    this.effects.set(action.series, this.count(action.series) + 1);
    decision.permit.settle(outcome);
    return "ok";
  }

  /** All of these must be allowed, with so much time after each. None is the same call as another. */
  passes(action: Action | ((i: number) => Action), times = 1, everyMs = 0, outcome?: Outcome): void {
    for (let i = 0; i < times; i++) {
      expect(`${i + 1}: ${this.try(this.#another(at(action, i)), outcome)}`).toBe(`${i + 1}: ok`);
      this.wait(everyMs);
    }
  }

  /** Every attempt of an agent that does not listen; how many got through. */
  storms(action: Action | ((i: number) => Action), times: number, everyMs = 0, outcome?: Outcome): number {
    let through = 0;
    for (let i = 0; i < times; i++) {
      if (this.try(at(action, i), outcome) === "ok") through++;
      this.wait(everyMs);
    }
    return through;
  }

  /** An action that is allowed and goes on. */
  holds(action: Action): Permit {
    const decision = this.rein.gate(this.#another(action));
    if (!decision.allowed) throw new Error(`refused: ${decision.refusal.message}`);
    return decision.permit;
  }

  /** It must be refused, and by the rule that the sentence became. */
  refuses(action: Action, sentence: string): void {
    const decision = this.rein.gate(action);
    expect([decision.verdict, decision.refusal?.rule]).toEqual(["block", this.idOf(sentence)]);
  }

  /** It must wait for a human, as the sentence says; and pass once one has agreed. */
  asks(given: Action, sentence: string): void {
    const action = this.#another(given);
    const decision = this.rein.gate(action);
    expect([decision.verdict, decision.refusal?.rule]).toEqual(["approve", this.idOf(sentence)]);
    this.rein.approve(decision.refusal?.approvalId ?? "", { by: "ada", reason: "looks right" });
    expect(this.try(action)).toBe("ok");
  }

  async isAlerted(sentence: string): Promise<boolean> {
    await breathe();
    return this.alerts.includes(this.idOf(sentence));
  }

  halts(): readonly string[] {
    return this.rein.snapshot().halts.map(({ scope }) => JSON.stringify(scope));
  }

  /** A call of its own: whoever is honest does not do the very same again and again. */
  #another(action: Action): Action {
    this.#calls += 1;
    return { ...action, args: { ...(action.args as object | undefined), call: this.#calls } };
  }

  count(series: string): number {
    return this.effects.get(series) ?? 0;
  }

  wait(ms: number): void {
    this.clock.advance(ms);
    this.rein.tick();
  }
}

function at(action: Action | ((i: number) => Action), i: number): Action {
  return typeof action === "function" ? action(i) : action;
}

export function packFile(pack: string): string {
  return fileURLToPath(new URL(`../../policies/${pack}.txt`, import.meta.url));
}

/** One trial for each sentence of a pack, each in a world of its own; none is left out. */
export function describeRules(pack: string, start: string, trials: Readonly<Record<string, Trial>>): void {
  afterEach(async () => {
    for (const { rein } of opened.splice(0)) await rein.close();
  });

  describe("each rule", () => {
    test("has a trial", async () => {
      const { origins } = await loadPolicy(packFile(pack));
      const inOrder = [...origins].sort((a, b) => a.index - b.index);
      expect(Object.keys(trials)).toEqual(inOrder.map(({ sentence }) => sentence));
    });

    test("is one that lint has nothing against", async () => {
      const findings = lintPolicy(await loadPolicy(packFile(pack)));
      const mended = findings.filter(({ severity }) => severity !== "info");
      expect(mended.map(({ code, message }) => `${code}: ${message}`)).toEqual([]);
    });

    test.each(Object.entries(trials))("%s", async (_, trial) => {
      await trial(await PackWorld.open(pack, start));
    });
  });
}
