import { lineage } from "../core/source-path.js";
import type { Rule } from "../policy/index.js";
import type { Mode } from "./events.js";
import { GUARDS, guardFor } from "./guards/index.js";
import type { Guard, GuardHost } from "./guards/guard.js";
import { identify } from "./identity.js";
import { planFor } from "./plan.js";
import type { Plan } from "./plan.js";

/** The rules in force, as guards. */
export class RuleSet {
  readonly #makers: typeof GUARDS;
  guards: readonly Guard[] = [];
  mode: Mode = "off";
  /** Some latching guard may refuse something. */
  alarmed = false;
  /** Raised whenever plans made so far may no longer hold. */
  #version = 0;

  constructor(makers: typeof GUARDS = GUARDS) {
    this.#makers = makers;
  }

  /**
   * Swaps the rules in. Counters of rules that mean the same, their limit aside, go on counting.
   *
   * @throws ReinError `unsupported_rule`; the rules in force then stay
   */
  replace(rules: readonly Rule[], mode: Mode, host: GuardHost): void {
    const before = identify(this.guards.map((guard) => guard.rule));
    const known = new Map(this.guards.map((guard, i) => [before[i]!, guard]));
    const active = mode === "off" ? [] : [...rules].sort((a, b) => (a.id < b.id ? -1 : 1));
    const guards = active.map((rule) => guardFor(rule, host, this.#makers));
    identify(active).forEach((identity, i) => {
      const from = known.get(identity);
      if (from === undefined) return;
      guards[i]!.table.inherit(from.table);
      guards[i]!.inherit(from);
    });
    for (const guard of guards) guard.enforced = mode === "enforce" && guard.rule.mode !== "shadow";
    this.guards = guards;
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

  isCurrent(plan: Plan): boolean {
    return plan.version === this.#version;
  }

  plan(source: string, series: string, mono: number): Plan {
    return planFor(this.guards, this.#version, source, series, lineage(source) ?? [source], mono);
  }
}
