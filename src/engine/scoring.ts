import { SCORE_DEFAULTS } from "../detect/index.js";
import type { ScoreSettings } from "../detect/index.js";
import { SCORE_SETTINGS } from "../policy/index.js";
import type { Guard } from "./guards/guard.js";
import { ScoreGuard } from "./guards/score.js";

/** How a lane is judged by its outcomes. */
export interface Scoring {
  readonly settings: ScoreSettings;
  /** The rule that is named when the lane's status refuses an action. */
  readonly rule: string;
  /** Some rule lets the status block; otherwise it is only told. */
  readonly acts: boolean;
  /** One of those that let it block is neither in shadow itself nor is everything. */
  readonly enforced: boolean;
}

/** Rules that the configuration stands for: what a policy's own rules say comes before them. */
const BUILTIN = "builtin:";

/**
 * How the rules judge the lane; null when no `score` rule is about it. Of several rules the strictest value of each
 * setting counts; what no rule of the policy names is as the configuration has it.
 */
export function scoringOf(guards: readonly Guard[], source: string, series: string): Scoring | null {
  const concerned = guards.filter(
    (guard): guard is ScoreGuard => guard instanceof ScoreGuard && guard.conditions.covers(source, series),
  );
  if (concerned.length === 0) return null;
  // Lanes that the same rules are about share one answer: it is larger than all else that is known of a lane.
  let known = ANSWERS.get(guards);
  if (known === undefined) ANSWERS.set(guards, (known = new Map<string, Scoring>()));
  const name = concerned.map(({ id }) => id).join("\n");
  let scoring = known.get(name);
  if (scoring === undefined) known.set(name, (scoring = scoringBy(concerned)));
  return scoring;
}

/** By the rules in force, and the ids of those that are about a lane. */
const ANSWERS = new WeakMap<readonly Guard[], Map<string, Scoring>>();

function scoringBy(concerned: readonly ScoreGuard[]): Scoring {
  const own = concerned.filter(({ id }) => !id.startsWith(BUILTIN));
  const settings: Record<string, number> = { ...SCORE_DEFAULTS };
  for (const { id, rule } of concerned) if (id.startsWith(BUILTIN)) Object.assign(settings, rule.settings);
  const named = new Set<string>();
  for (const { rule } of own) {
    for (const [name, value] of Object.entries(rule.settings) as [
      keyof ScoreSettings,
      number | undefined,
    ][]) {
      if (value === undefined) continue;
      const other = settings[name]!;
      const isStricter = SCORE_SETTINGS[name].stricter === "smaller" ? value < other : value > other;
      if (!named.has(name) || isStricter) settings[name] = value;
      named.add(name);
    }
  }
  const acting = concerned.filter(({ rule }) => rule.then !== "alert");
  const enforced = acting.filter((guard) => guard.enforced);
  const [first] = enforced.length > 0 ? enforced : acting.length > 0 ? acting : concerned;
  return {
    settings: settings as unknown as ScoreSettings,
    rule: first!.id,
    acts: acting.length > 0,
    enforced: enforced.length > 0,
  };
}
