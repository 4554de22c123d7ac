import { lineage } from "../core/source-path.js";
import type { Rule } from "../policy/index.js";
import type { Mode } from "./events.js";
import { GUARDS, guardFor } from "./guards/index.js";
import type { Guard, GuardHost } from "./guards/guard.js";
import { identify } from "./identity.js";
import type { Lane } from "./lanes.js";
import { planFor } from "./plan.js";
import type { Plan } from "./plan.js";
import { scoringOf } from "./scoring.js";
import type { Scoring } from "./scoring.js";

/** The rules in force, as guards. */
export class RuleSet {
  readonly #makers: typeof GUARDS;
  guards: readonly Guard[] = [];
  rules: readonly Rule[] = [];
  mode: Mode = "off";
  /** Some latching guard may refuse something. */
  alarmed = false;
  /** Raised whenever plans made so far may no longer hold. */
  #version = 0;

  constructor(makers: typeof GUARDS = GUARDS) {
    this.#makers = makers;
  }

  /** Swaps the rules in. Counters of rules that mean the same, their limit aside, go on counting. */
  replace(rules: readonly Rule[], mode: Mode, host: GuardHost): void {
    const known = new Map(this.guards.map((guard) => [guard.identity, guard]));
    const active = mode === "off" ? [] : [...rules].sort((a, b) => (a.id < b.id ? -1 : 1));
    const guards = active.map((rule) => guardFor(rule, host, this.#makers));
    identify(active).forEach((identity, i) => {
      guards[i]!.identity = identity;
      const from = known.get(identity);
      if (from === undefined) return;
      guards[i]!.table.inherit(from.table);
      guards[i]!.inherit(from);
    });
    for (const guard of guards) guard.enforced = mode === "enforce" && guard.rule.mode !== "shadow";
    this.guards = guards;
    this.rules = rules;
    this.mode = mode;
    this.outdate();
    this.calm();
  }

  /** Makes every plan be made anew. */
  outdate(): void {
    this.#version += 1;
  }

  /** Looks whether all latching guards are quiet again. */
  calm(): void {
    this.alarmed = !this.guards.every((guard) => guard.quiet);
  }

  /** Makes the guard of a rule that is not in force any more, for what still depends on it. */
  guardOf(rule: Rule, host: GuardHost): Guard {
    return guardFor(rule, host, this.#makers);
  }

  isCurrent(plan: Plan): boolean {
    return plan.version === this.#version;
  }

  /** How the rules judge the lane by its outcomes; null: not at all. */
  scoringOf(lane: Lane): Scoring | null {
    if (lane.scoringAsOf !== this.#version) {
      lane.scoring = scoringOf(this.guards, lane.source, lane.series);
      lane.scoringAsOf = this.#version;
    }
    return lane.scoring;
  }

  plan(source: string, series: string, mono: number): Plan {
    return planFor(this.guards, this.#version, source, series, lineage(source) ?? [source], mono);
  }
}
