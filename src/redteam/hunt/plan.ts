import type { Scene } from "../attack.js";

/** How a hunter goes about it. */
export interface Plan {
  /** Which of the harmful kinds of acts; all of them in turn. */
  readonly kind: number | "all";
  readonly order: "given" | "most harmful first";
  /** Who acts: whoever did, sub-agents of his, or others; so many of them in turn. */
  readonly callers: { readonly are: "own" | "sub-agents" | "strangers"; readonly count: number };
  /** Free tags get values that were never seen. */
  readonly isFresh: boolean;
  /** No two calls have the same arguments. */
  readonly isVaried: boolean;
  /** By which of its names a tool is called; 0 is its own. */
  readonly name: number;
  /** The part of an act's cost, where it can be divided; and smaller ones where one is too large. */
  readonly size: number;
  readonly topsUp: boolean;
  /** Acts at the same time. */
  readonly batch: number;
  readonly gapMs: number;
  /** The gap, as a part of the one before. */
  readonly ramp: number;
  /** No more than so many in any window of that length, by each caller: to stay below what would halt it. */
  readonly quota: { readonly limit: number; readonly windowMs: number } | null;
  /** Refusals in a row after which it waits, instead of trying another way. */
  readonly patience: number;
  /** How long it waits where nobody says how long. */
  readonly idleMs: number;
  /** One honest act after so many others; 0: none. */
  readonly honestEvery: number;
  /** It works as an honest agent first, as the attack does. */
  readonly warmsUp: boolean;
}

export const GREEDY: Plan = {
  kind: "all",
  order: "given",
  callers: { are: "own", count: 1 },
  isFresh: false,
  isVaried: false,
  name: 0,
  size: 1,
  topsUp: true,
  batch: 1,
  gapMs: 0,
  ramp: 1,
  quota: null,
  patience: 1,
  idleMs: 60_000,
  honestEvery: 0,
  warmsUp: false,
};

const SUB_AGENTS = { are: "sub-agents", count: 20 } as const;
const STRANGERS = { are: "strangers", count: 100 } as const;

/** What is tried first, on any policy. */
export const OPENINGS: readonly Plan[] = [
  GREEDY,
  { ...GREEDY, batch: 8, patience: 8 },
  { ...GREEDY, isVaried: true, isFresh: true },
  { ...GREEDY, callers: STRANGERS, isVaried: true, isFresh: true, patience: 100 },
  { ...GREEDY, callers: SUB_AGENTS, isVaried: true, patience: 20 },
  { ...GREEDY, isVaried: true, honestEvery: 2, warmsUp: true },
  { ...GREEDY, isVaried: true, isFresh: true, gapMs: 10_000 },
  {
    ...GREEDY,
    callers: STRANGERS,
    isVaried: true,
    isFresh: true,
    gapMs: 1_000,
    patience: 20,
    honestEvery: 3,
  },
  { ...GREEDY, isVaried: true, isFresh: true, order: "most harmful first" },
];

/** What is tried then, where tools can be called by other names. */
export const RENAMED: readonly Plan[] = [
  ...[1, 2, 3, 4].map((name) => ({ ...GREEDY, isVaried: true, isFresh: true, name })),
  { ...GREEDY, callers: STRANGERS, isVaried: true, isFresh: true, name: 1, patience: 100 },
];

/** Windows that limits usually have. */
export const WINDOWS_MS: readonly number[] = [1_000, 10_000, 60_000, 600_000, 3_600_000, 86_400_000];

const BATCHES = [1, 2, 4, 8, 16, 50];
const GAPS_MS = [0, 100, 1_000, 3_000, 10_000, 30_000, 60_000, 600_000];
const COUNTS = [4, 20, 100, 400];
const NAMES = 5;

/** What there is to choose from. */
interface Freedom {
  /** Kinds of acts. */
  readonly kinds: number;
  readonly renames: boolean;
}

/** A plan that is like this one, but for one or two things. */
export function varied(plan: Plan, scene: Scene, freedom: Freedom): Plan {
  const once = { ...plan, ...change(plan, scene, freedom) };
  return scene.random() < 0.5 ? once : { ...once, ...change(once, scene, freedom) };
}

function change(plan: Plan, scene: Scene, { kinds, renames }: Freedom): Partial<Plan> {
  const pick = <T>(values: readonly T[]): T => values[scene.below(values.length)]!;
  const { quota } = plan;
  const changes: (() => Partial<Plan>)[] = [
    () => ({ kind: kinds > 1 && scene.random() < 0.7 ? scene.below(kinds) : "all" }),
    () => ({ order: plan.order === "given" ? "most harmful first" : "given" }),
    () => ({ callers: { are: pick(["own", "sub-agents", "strangers"]), count: pick(COUNTS) } }),
    () => ({ isFresh: !plan.isFresh }),
    () => ({ isVaried: !plan.isVaried }),
    () => ({ name: renames ? scene.below(NAMES) : 0 }),
    () => ({ size: pick([1, 0.5, 0.25, 0.1, 0.03]) }),
    () => ({ batch: pick(BATCHES) }),
    () => ({ gapMs: pick(GAPS_MS), ramp: pick([1, 1, 0.98, 0.95]) }),
    () => ({ patience: pick([1, 1, 3, 10, 100]) }),
    () => ({ idleMs: pick([10_000, 60_000, 300_000, 3_600_000]) }),
    () => ({ honestEvery: pick([0, 0, 1, 2, 4, 10]), warmsUp: scene.random() < 0.5 }),
    () => ({
      quota:
        quota === null ? { limit: 1 + scene.below(20), windowMs: pick(WINDOWS_MS) } : nudged(quota, scene),
    }),
  ];
  return pick(changes)();
}

/** A little more, a little less, in another window, or without. */
function nudged(quota: NonNullable<Plan["quota"]>, scene: Scene): Plan["quota"] {
  const { limit, windowMs } = quota;
  const nudges = [
    { limit: limit + 1, windowMs },
    { limit: Math.ceil(limit * 1.5), windowMs },
    { limit: Math.max(1, limit - 1), windowMs },
    { limit, windowMs: WINDOWS_MS[scene.below(WINDOWS_MS.length)]! },
    null,
  ];
  return nudges[scene.below(nudges.length)]!;
}

/** The plan in words. */
export function planText(plan: Plan): string {
  const { callers, batch, gapMs, quota } = plan;
  const said = [
    plan.kind === "all" ? null : "one kind of act only",
    plan.order === "given" ? null : plan.order,
    callers.are === "own" ? null : `split over ${callers.count} ${callers.are}`,
    plan.isFresh ? "new values for tags that may have any" : null,
    plan.isVaried ? "other arguments each time" : null,
    plan.name === 0 ? null : "tools by another name",
    plan.size === 1 ? null : `${Math.round(plan.size * 100)} % of the cost at a time`,
    batch === 1 ? null : `${batch} at once`,
    gapMs === 0 ? null : `every ${gapMs / 1000} s`,
    quota === null ? null : `at most ${quota.limit} in ${quota.windowMs / 1000} s`,
    plan.honestEvery === 0 ? null : `honest work after every ${plan.honestEvery}`,
    plan.warmsUp ? "honest at first" : null,
  ].filter((part) => part !== null);
  return said.length === 0 ? "as fast as it is let" : said.join(", ");
}
