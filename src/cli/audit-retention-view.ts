import type { HoldRecord } from "../audit/privacy/index.js";
import { DAY_MS } from "../audit/retention/index.js";
import type { RetentionStop } from "../audit/retention/index.js";
import type { RetentionReport } from "./audit-retention.js";
import { counted, grouped, harmless, paintFor, widthOf } from "./io.js";
import type { Io } from "./io.js";
import { bytesText, hanging, timeText } from "./layout.js";

const STOPS: Readonly<Record<Exclude<RetentionStop, "hold">, string>> = {
  needed: "Older records stay: a governor's state needs them, and its next state is not saved yet.",
  unsigned: "Older records stay: no checkpoint covers them yet.",
  newest: "Older records stay: they are in the segment that is written to.",
};

/** What goes, for people. */
export function planText(
  { days, preset, hold, plan, isApplied }: RetentionReport,
  now: number,
  io: Io,
): string {
  const paint = paintFor(io);
  const width = widthOf(io);
  const kept = `Records are kept ${grouped(days)} days${preset === null ? "" : ` (${preset})`}.`;
  const lines = [kept];
  if (hold !== null) {
    const until = hold.until === undefined ? "" : `, until ${timeText(hold.until)}`;
    const text = `${harmless(hold.reason, 500)} (by ${harmless(hold.by, 100)} since ${timeText(hold.since)}${until})`;
    lines.push(hanging("Legal hold: ", `${text}. Nothing is removed.`, width, 0, paint.warn));
  }
  if (plan.remove.length === 0) {
    if (plan.stop === null) lines.push("Nothing is old enough to go.");
  } else {
    const what = `${counted(plan.to - plan.from, "record")} (${plan.from} to ${plan.to - 1}, ${bytesText(plan.bytes)})`;
    const until = plan.youngestMs === null ? "" : `, from before ${timeText(now - plan.youngestMs)}`;
    const age =
      plan.youngestMs === null ? "" : `: ${grouped(Math.floor(plan.youngestMs / DAY_MS))} days old or more`;
    lines.push(
      isApplied
        ? `Removed ${what}${until}. Their hashes stay.`
        : `Would remove ${what}${until}${age}. Add --apply to do it.`,
    );
  }
  if (plan.stop !== null && plan.stop !== "hold") lines.push(STOPS[plan.stop]);
  lines.push(paint.dim(`${bytesText(plan.bytesLeft)} ${isApplied ? "stay" : "would stay"}.`));
  return `${lines.join("\n")}\n`;
}

/** What became of a hold, for people. */
export function heldText({ isHeld, until, reason }: HoldRecord): string {
  if (!isHeld) return "The legal hold is released, and the log says so.\n";
  const end =
    until === undefined ? "until it is released" : `until ${timeText(until)}, or until it is released`;
  return `Legal hold: ${harmless(reason, 500)}. Nothing is removed or erased ${end}.\n`;
}
