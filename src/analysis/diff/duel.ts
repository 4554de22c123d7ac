import type { Rule } from "../../policy/index.js";
import { Contender } from "./contender.js";
import type { Answer, Running, Verdict } from "./contender.js";
import type { History } from "./history.js";

/** The new policy lets something happen that the old one does not, or the other way round. */
export type Direction = "wider" | "narrower";

/** Two sets of rules that are compared. */
export interface Pair {
  readonly old: readonly Rule[];
  readonly new: readonly Rule[];
}

/** Where two policies first answer differently; all before it happened to both alike. */
export interface Difference {
  readonly direction: Direction;
  /** Number of the step, from 0. */
  readonly step: number;
  readonly old: Answer;
  readonly new: Answer;
}

const STRICTNESS: Readonly<Record<Verdict, number>> = { allowed: 0, asked: 1, stopped: 2, refused: 3 };

/** An action that runs on in both. */
interface Both {
  readonly step: number;
  readonly old: Running;
  readonly new: Running;
}

/**
 * Plays a history to both and returns the first difference; undefined: there is none. What comes after a difference
 * says nothing about the policies: by then different things have happened to them.
 */
export function duel(pair: Pair, { moment, steps }: History): Difference | undefined {
  const one = new Contender(pair.old, moment);
  const other = new Contender(pair.new, moment);
  const held: Both[] = [];
  const wait = (ms: number): void => {
    one.happen({ do: "wait", ms });
    other.happen({ do: "wait", ms });
  };
  const stopped = ({ step, ...both }: Both): Difference | undefined =>
    differenceAt(step, one.fate(both.old), other.fate(both.new));

  for (const [i, step] of steps.entries()) {
    if (step.do === "end") {
      for (const both of held.splice(0)) {
        one.settle(both.old, step.ok, undefined);
        other.settle(both.new, step.ok, undefined);
      }
    } else if (step.do !== "act") {
      one.happen(step);
      other.happen(step);
    } else {
      if (step.afterMs !== undefined && step.afterMs > 0) wait(step.afterMs);
      const [before, after] = [one.gate(step.action), other.gate(step.action)];
      const difference = differenceAt(i, before.answer, after.answer);
      if (difference !== undefined) return difference;
      if (before.running === null || after.running === null) continue;
      const both: Both = { step: i, old: before.running, new: after.running };
      const { runMs = 0, ok = true, progress } = step;
      if (runMs === Infinity) held.push(both);
      else {
        if (runMs > 0) wait(runMs);
        const stop = stopped(both);
        if (stop !== undefined) return stop;
        one.settle(both.old, ok, progress);
        other.settle(both.new, ok, progress);
      }
    }
    for (const both of held) {
      const stop = stopped(both);
      if (stop !== undefined) return { ...stop, step: i };
    }
  }
  return undefined;
}

function differenceAt(step: number, old: Answer, now: Answer): Difference | undefined {
  const change = STRICTNESS[now.verdict] - STRICTNESS[old.verdict];
  if (change === 0) return undefined;
  return { direction: change < 0 ? "wider" : "narrower", step, old, new: now };
}

/** What the old policy says to every action of a history; up to the first difference the new one says the same. */
export function answersTo(pair: Pair, { moment, steps }: History): readonly (Verdict | null)[] {
  const contender = new Contender(pair.old, moment);
  const held: Running[] = [];
  return steps.map((step) => {
    if (step.do === "end") {
      for (const running of held.splice(0)) contender.settle(running, step.ok, undefined);
      return null;
    }
    if (step.do !== "act") {
      contender.happen(step);
      return null;
    }
    const { runMs = 0, afterMs = 0, ok = true, progress } = step;
    if (afterMs > 0) contender.happen({ do: "wait", ms: afterMs });
    const { answer, running } = contender.gate(step.action);
    if (running === null) return answer.verdict;
    if (runMs === Infinity) {
      held.push(running);
      return answer.verdict;
    }
    if (runMs > 0) contender.happen({ do: "wait", ms: runMs });
    const { verdict } = contender.fate(running);
    contender.settle(running, ok, progress);
    return verdict;
  });
}
