import { worksFor } from "./internals.js";
import type { Act, Domain } from "./contestant.js";
import { NAMED, runOf, WINDOWS } from "./limits.js";
import type { Bucket, Limits, Rates, RunLimits, Window } from "./limits.js";
import { actsWithTimes } from "./tools.js";

/** Sessions that limits are fitted to, and their seed; those that are judged have another one. */
const FITTED_SESSIONS = 60;
export const FITTED_SEED = 1001;
/** How far above what was ever seen a limit is. */
const ROOM = 1.25;

/** The key under which all tools are counted together. */
export const ALL_TOOLS = "*";

const fitted = new Map<Domain, Limits>();

/**
 * Limits for a domain that are as tight as its honest work allows: a quarter above the most that any of sixty sessions
 * needed. Nobody could set them tighter by hand without stopping that work.
 */
export function limitsFor(domain: Domain): Limits {
  let limits = fitted.get(domain);
  if (limits === undefined) {
    limits = limitsOf(domain, FITTED_SEED);
    fitted.set(domain, limits);
  }
  return limits;
}

function limitsOf(domain: Domain, seed: number): Limits {
  const sessions = worksFor([domain], { seed, sessions: FITTED_SESSIONS }).map((work, i) => [
    ...actsWithTimes(work, seed + i),
  ]);
  const agents = sessions.map((session) => timesBy(session, ({ action }) => action.source));
  const everybody = sessions.map((session) => timesBy(session, () => ""));
  return {
    run: runLimits(sessions.flatMap(runsOf)),
    agent: ratesOf(agents),
    everybody: ratesOf(everybody),
    agentBuckets: bucketsOf(agents),
    everybodyBuckets: bucketsOf(everybody),
  };
}

/** The limit on a tool for one agent that a host sets by name, where honest work gives nothing to fit it to. */
export function namedLimit(domain: Domain, tool: string): { calls: number; window: Window } | undefined {
  return NAMED[domain].find(({ tools }) => tools.test(tool));
}

type Session = readonly (readonly [atMs: number, act: Act])[];

function runsOf(session: Session): readonly (readonly Act[])[] {
  const runs = new Map<string, Act[]>();
  for (const [, act] of session) push(runs, runOf(act), act);
  return [...runs.values()];
}

function runLimits(runs: readonly (readonly Act[])[]): RunLimits {
  const most = (measure: (run: readonly Act[]) => number): number => Math.max(...runs.map(measure));
  const sum = (name: string) => (run: readonly Act[]) =>
    run.reduce((total, { action }) => total + (action.cost?.[name] ?? 0), 0);
  const tools = new Set(runs.flatMap((run) => run.map(({ action }) => action.series)));
  const calls = [...tools].map((tool) => {
    const count = most((run) => run.filter(({ action }) => action.series === tool).length);
    return [tool, withRoom(count)] as const;
  });
  return {
    steps: withRoom(most((run) => run.length)),
    usd: most(sum("usd")) * ROOM,
    tokens: withRoom(most(sum("tokens"))),
    repeats: withRoom(most(longestRepeat)),
    tools: new Map(calls),
  };
}

function longestRepeat(run: readonly Act[]): number {
  let [longest, length, previous] = [0, 0, ""];
  for (const { action } of run) {
    const call = JSON.stringify([action.series, action.args]);
    length = call === previous ? length + 1 : 1;
    previous = call;
    longest = Math.max(longest, length);
  }
  return longest;
}

/** For each tool, and for all tools together, the times of one caller's acts. */
type Times = ReadonlyMap<string, readonly (readonly number[])[]>;

function timesBy(session: Session, who: (act: Act) => string): Times {
  const byTool = new Map<string, Map<string, number[]>>();
  for (const [atMs, act] of session) {
    for (const tool of [act.action.series, ALL_TOOLS]) {
      let callers = byTool.get(tool);
      if (callers === undefined) byTool.set(tool, (callers = new Map()));
      push(callers, who(act), atMs);
    }
  }
  return new Map([...byTool].map(([tool, callers]) => [tool, [...callers.values()]]));
}

function ratesOf(sessions: readonly Times[]): Rates {
  return mapTools(sessions, (callers) => {
    const most = (window: Window): number =>
      withRoom(Math.max(...callers.map((times) => mostIn(times, WINDOWS[window]))));
    return { minute: most("minute"), hour: most("hour"), day: most("day") };
  });
}

/** As many a second as the busiest hour needs, and at once what that leaves to be paid in advance. */
function bucketsOf(sessions: readonly Times[]): ReadonlyMap<string, Bucket> {
  return mapTools(sessions, (callers) => {
    const rate = (Math.max(...callers.map((times) => mostIn(times, WINDOWS.hour))) * ROOM) / 3600;
    return { rate, burst: withRoom(Math.max(...callers.map((times) => mostAhead(times, rate)))) };
  });
}

function mapTools<T>(
  sessions: readonly Times[],
  make: (callers: readonly (readonly number[])[]) => T,
): ReadonlyMap<string, T> {
  const tools = new Set(sessions.flatMap((session) => [...session.keys()]));
  return new Map(
    [...tools].map((tool) => [tool, make(sessions.flatMap((session) => session.get(tool) ?? []))]),
  );
}

/** The most calls in any window of that length. */
function mostIn(times: readonly number[], windowMs: number): number {
  let [most, first] = [0, 0];
  times.forEach((atMs, i) => {
    while (times[first]! <= atMs - windowMs) first++;
    most = Math.max(most, i - first + 1);
  });
  return most;
}

/** How many tokens a bucket must hold so that none of these calls finds it empty. */
function mostAhead(times: readonly number[], rate: number): number {
  let [most, owed, beforeMs] = [0, 0, 0];
  for (const atMs of times) {
    owed = Math.max(0, owed - (rate * (atMs - beforeMs)) / 1000) + 1;
    beforeMs = atMs;
    most = Math.max(most, owed);
  }
  return most;
}

function withRoom(count: number): number {
  return Math.ceil(count * ROOM);
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
