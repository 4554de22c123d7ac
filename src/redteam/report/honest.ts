import type { WorkResult } from "../run-work.js";
import { RECORDED } from "../work.js";
import { grouped } from "./attacks.js";
import type { HonestKind, HonestReport, HonestRule } from "./data.js";

/** What became of honest work, told by kind of work and by what stood in its way. */
export function honestReport(works: readonly WorkResult[]): HonestReport {
  const kinds = [...grouped(works, ({ work }) => work.id).values()].map(kindOf);
  return { ...totalOf(kinds), kinds, rules: rulesOf(works) };
}

/** For people: recorded sessions that nothing stopped are one line for each domain, as each is a kind of its own. */
export function folded(kinds: readonly HonestKind[]): readonly HonestKind[] {
  const isFine = ({ id, stopped }: HonestKind): boolean => id.startsWith(RECORDED) && stopped === 0;
  const fine = [...grouped(kinds.filter(isFine), ({ domain }) => domain).values()];
  return [...kinds.filter((kind) => !isFine(kind)), ...fine.map(oneOf)];
}

function oneOf(kinds: readonly HonestKind[]): HonestKind {
  if (kinds.length === 1) return kinds[0]!;
  const totals = totalOf(kinds);
  return { ...totals, id: "recorded", title: "recorded sessions", domain: kinds[0]!.domain };
}

function totalOf(kinds: readonly HonestKind[]): Omit<HonestKind, "id" | "title" | "domain"> {
  const totals = { sessions: 0, stopped: 0, wanted: 0, done: 0, approvals: 0 };
  for (const kind of kinds) {
    totals.sessions += kind.sessions;
    totals.stopped += kind.stopped;
    totals.wanted += kind.wanted;
    totals.done += kind.done;
    totals.approvals += kind.approvals;
  }
  return totals;
}

function kindOf(sessions: readonly WorkResult[]): HonestKind {
  const { id, title, domain } = sessions[0]!.work;
  const sum = (count: (session: WorkResult) => number): number =>
    sessions.reduce((total, session) => total + count(session), 0);
  return {
    ...{ id, title, domain, sessions: sessions.length },
    stopped: sum(({ stopped }) => (stopped ? 1 : 0)),
    wanted: sum(({ wanted }) => wanted),
    done: sum(({ done }) => done),
    approvals: sum(({ approvals }) => approvals),
  };
}

function rulesOf(works: readonly WorkResult[]): HonestRule[] {
  const rules = new Map<string, { sessions: number; refusals: number; example: string }>();
  const entry = (rule: string): { sessions: number; refusals: number; example: string } => {
    const known = rules.get(rule) ?? { sessions: 0, refusals: 0, example: "" };
    rules.set(rule, known);
    return known;
  };
  for (const { refused, stopped, stoppedBy } of works) {
    for (const { rule, code, message } of refused) {
      const one = entry(rule ?? code);
      one.refusals += 1;
      if (one.example === "") one.example = message;
    }
    if (stopped && stoppedBy !== null) entry(stoppedBy).sessions += 1;
  }
  return [...rules]
    .map(([rule, counts]) => ({ rule, ...counts }))
    .sort((a, b) => b.sessions - a.sessions || b.refusals - a.refusals || (a.rule < b.rule ? -1 : 1));
}
