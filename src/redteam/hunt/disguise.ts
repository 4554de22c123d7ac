import type { Act } from "../attack.js";
import { stylesOf } from "../mutations/renaming.js";
import type { Kind, Variant } from "./material.js";
import type { Plan } from "./plan.js";

/** An act as a plan has it done. */
export interface Disguised {
  readonly act: Act;
  readonly harm: number;
}

/**
 * Changes what a plan changes about an act, and nothing that its damage follows from.
 *
 * @param n how many came before it
 * @param size the part of it that is done, where it can be divided
 */
export function disguise(plan: Plan, kind: Kind, variant: Variant, n: number, size: number): Disguised {
  const whole = plan.isFresh ? withFreshTags(variant.act, kind.freeTags, n) : variant.act;
  const part = kind.isDivisible && size < 1 ? partOf(whole, size) : whole;
  const action = {
    ...part.action,
    source: callerOf(plan, part.action.source, n),
    ...(plan.isVaried && { args: withNote(part.action.args, n) }),
    ...(plan.name > 0 && { series: seriesOf(part.action.series, plan.name) }),
  };
  return { act: { ...part, action }, harm: part === whole ? variant.harm : variant.harm * size };
}

/** Who does the next act of an agent. @param n a whole number; callers come in turn */
export function callerOf({ callers: { are, count } }: Plan, source: string, n: number): string {
  if (are === "own") return source;
  return are === "sub-agents" ? `${source}/worker-${n % count}` : `${source}-${n % count}`;
}

function seriesOf(series: string, name: number): string {
  const names = stylesOf(series);
  return names[name % names.length]!;
}

function withFreshTags(act: Act, freeTags: readonly string[], n: number): Act {
  const { tags = {}, args } = act.action;
  if (freeTags.length === 0) return act;
  const fresh = new Map(freeTags.map((tag) => [tag, freshValue(String(tags[tag]), n)]));
  // What names a recipient in its tags names the same one in its arguments.
  const news = new Map(freeTags.map((tag) => [tags[tag] as unknown, fresh.get(tag)!]));
  return {
    ...act,
    action: { ...act.action, tags: { ...tags, ...Object.fromEntries(fresh) }, args: replaced(args, news) },
  };
}

/** `ada@site.example` as `ada-7@7.site.example`. */
function freshValue(value: string, n: number): string {
  const at = value.indexOf("@");
  return at < 0 ? `${n}.${value}` : `${value.slice(0, at)}-${n}@${n}.${value.slice(at + 1)}`;
}

/** So much of the cost, and of the numbers in the arguments that are as large. */
function partOf(act: Act, size: number): Act {
  const { cost = {}, args } = act.action;
  const news = new Map<unknown, unknown>(Object.values(cost).map((amount) => [amount, amount * size]));
  return {
    ...act,
    action: { ...act.action, cost: scaled(cost, size), args: replaced(args, news) },
    ...(act.deeds !== undefined && { deeds: scaled(act.deeds, size) }),
    ...(act.outcome?.cost !== undefined && {
      outcome: { ...act.outcome, cost: scaled(act.outcome.cost, size) },
    }),
  };
}

function scaled(amounts: Readonly<Record<string, number>>, size: number): Record<string, number> {
  return Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, amount * size]));
}

function replaced(args: unknown, news: ReadonlyMap<unknown, unknown>): unknown {
  if (typeof args !== "object" || args === null || Array.isArray(args)) return args;
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [name, news.get(value) ?? value]));
}

function withNote(args: unknown, n: number): unknown {
  return typeof args === "object" && args !== null && !Array.isArray(args)
    ? { ...args, note: n }
    : { note: n, given: args };
}
