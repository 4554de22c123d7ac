import { PROBED } from "./causes.js";
import { LAYOUT, sliceAt } from "./layout.js";
import { coolDown, isHopeless, isRevived } from "./probation.js";
import { isAlone } from "./standing.js";
import { restartSlice } from "./slice-memory.js";
import { restartSuccessBank } from "./success-bank.js";
import { STATUSES, verdictOf } from "./verdict.js";
import type { ScoreSettings } from "./settings.js";

const { ATTEMPTS, CAUSES, HISTORY, NOW, PROBES, PROBE_FROM, PROBE_OKS, SINCE, SLICE_MEMORY, STATUS } = LAYOUT;
const { BLACK, RED, YELLOW } = STATUSES;

const MS_PER_SECOND = 1000;
/** Bits of a slice's history. */
const CHANGED = 1;
const FALLEN = 2;

/** Compares a slice with what its numbers speak for; returns true when its status changes. */
export function judge(s: number[], edge: number[] | null, slice: number, settings: ScoreSettings): boolean {
  const at = sliceAt(slice);
  const status = s[at + STATUS]!;
  if (status === BLACK) return false;
  const verdict = verdictOf(s, edge, slice, settings);
  const target = verdict & 3;
  const causes = verdict >> 2;
  if (target !== status || status === RED) return move(s, slice, target, causes, settings);
  if (causes !== 0) s[at + CAUSES] = causes;
  return false;
}

/** Moves a slice to where its numbers speak for, if it may go there yet. */
function move(s: number[], slice: number, target: number, causes: number, settings: ScoreSettings): boolean {
  const at = sliceAt(slice);
  const now = s[NOW]!;
  if (target === BLACK) return become(s, slice, BLACK, causes, now);
  if (s[at + STATUS] === RED) return probation(s, slice, target === RED ? causes : 0, now, settings);
  const history = s[at + HISTORY]!;
  // Changing back and forth helps nobody; but the first fall of a lane never waits.
  const isFirstFall = target === RED && (history & FALLEN) === 0;
  const held = now - s[at + SINCE]! < settings.debounceSeconds * MS_PER_SECOND;
  if ((history & CHANGED) !== 0 && held && !isFirstFall) return false;
  if (target === RED) coolDown(s, slice, now, settings);
  return become(s, slice, target, causes, now);
}

/** A red slice: it may get worse, revive through its probes, or have to cool down again. */
function probation(
  s: number[],
  slice: number,
  causes: number,
  now: number,
  settings: ScoreSettings,
): boolean {
  const at = sliceAt(slice);
  s[at + CAUSES] = s[at + CAUSES]! | causes;
  if (now < s[at + PROBE_FROM]!) return false;
  if (isRevived(s, slice, settings)) {
    learnRevival(s, slice);
    return become(s, slice, YELLOW, PROBED, now);
  }
  if (isHopeless(s, slice, settings)) coolDown(s, slice, now, settings);
  return false;
}

/** A revived slice begins again with what its probes showed: what came before would block it at once. */
function learnRevival(s: number[], slice: number): void {
  const at = sliceAt(slice);
  const probes = s[at + PROBES]!;
  if (probes === 0) return;
  restartSlice(s, at + SLICE_MEMORY, probes, s[at + PROBE_OKS]!);
  s[at + ATTEMPTS] = probes;
  if (isAlone(s, slice)) restartSuccessBank(s, probes, s[at + PROBE_OKS]!);
}

export function become(s: number[], slice: number, status: number, causes: number, now: number): true {
  const at = sliceAt(slice);
  s[at + STATUS] = status;
  s[at + CAUSES] = causes;
  s[at + SINCE] = now;
  s[at + HISTORY] = s[at + HISTORY]! | CHANGED | (status >= RED ? FALLEN : 0);
  return true;
}
