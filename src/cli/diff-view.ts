import { countedText } from "../analysis/diff/index.js";
import type { Compared, DiffChange, Effect, Missed, PolicyDiff, Story } from "../analysis/diff/index.js";
import { speakWait } from "../core/duration.js";
import { counted, grouped, harmless, paintFor, widthOf } from "./io.js";
import type { Io, Mark, Paint } from "./io.js";
import { hanging, timeText } from "./layout.js";

interface DiffView {
  readonly oldFile: string;
  readonly newFile: string;
  readonly result: PolicyDiff;
}

interface Page {
  readonly paint: Paint;
  readonly width: number;
}

/** Steps of a story that are shown; the last ones say most. */
const MAX_STEPS = 12;

/** The comparison for people: the verdict on the whole comes last. */
export function diffText({ oldFile, newFile, result }: DiffView, io: Io): string {
  const page: Page = { paint: paintFor(io), width: widthOf(io) };
  const { paint } = page;
  const head = `${paint.bold(harmless(oldFile))} (${counted(result.old.rules, "rule")}) → ${paint.bold(harmless(newFile))} (${counted(result.new.rules, "rule")}): ${counted(result.changes.length, "change")}`;
  const blocks = [head, ...result.changes.map((change) => changeText(change, page)), wholeText(result, page)];
  return `${blocks.join("\n\n")}\n`;
}

function changeText(change: DiffChange, page: Page): string {
  const { paint, width } = page;
  const { what, id, old, new: now, keepsCounting, alone, heldBy } = change;
  const lines = [`${paint.bold(harmless(id, 100))}  ${what}  ${effectText(change, page)}`];
  if (old !== null) lines.push(hanging("- ", harmless(old), width, 2, paint.bad));
  if (now !== null) lines.push(hanging("+ ", harmless(now), width, 2, paint.good));
  if (what === "changed" && !keepsCounting)
    lines.push(
      hanging(
        "",
        "it counts something else: where it is swapped in, it begins with nothing",
        width,
        2,
        paint.dim,
      ),
    );
  lines.push(...stories(change, page), ...missedLines(change, page));
  if (alone !== null && (alone.wider !== null || alone.narrower !== null)) {
    const text = `by itself it is ${alone.effect}; beside the other rules no history shows it`;
    lines.push(hanging("", text, width, 2), ...stories(alone, page));
  }
  if (heldBy !== null) {
    const rules = heldBy.map((each) => `\`${harmless(each, 100)}\``).join(" and ");
    const text = `held by ${counted(heldBy.length, "rule").replace(/^\d+ /, "")} ${rules} of the new policy, which ${heldBy.length === 1 ? "is" : "are"} proven to be at least as strict: nothing more happens by it`;
    lines.push(paint.good(hanging("", text, width, 2)));
  }
  return lines.join("\n");
}

function wholeText({ whole, changes, isWider, isKnown }: PolicyDiff, page: Page): string {
  const { paint, width } = page;
  if (whole.effect === "same") return paint.good("Both policies say the same.");
  const lines = [
    `${paint.bold("All together")}  ${effectText(whole, page)}`,
    ...stories(whole, page),
    ...missedLines(whole, page),
  ];
  if (isWider && whole.effect !== "wider" && whole.effect !== "mixed") {
    const text =
      "something became wider by itself. No history was found in which the policy as a whole lets more happen, but nothing is proven to hold it either: it counts as wider";
    lines.push(paint.warn(hanging("", text, width, 2)));
  } else if (!isWider && changes.some(({ heldBy }) => heldBy !== null)) {
    const text = "what is wider by itself is proven to be held by other rules: the policy is not wider";
    lines.push(paint.good(hanging("", text, width, 2)));
  }
  if (!isWider && !isKnown) {
    const text = "nothing shows that the policy is wider, and nothing could have shown it: that is no pass";
    lines.push(paint.bad(hanging("", text, width, 2)));
  }
  return lines.join("\n");
}

/** Why nothing more was shown. */
const MISSED: Readonly<Record<Missed, string>> = {
  time: "the time was over before all that was thought out had been tried (--budget gives it more)",
  numbers: "no history counts up to the numbers that it is about",
};

function missedLines({ wider, missed, isProven }: Compared, { width, paint }: Page): string[] {
  if (wider !== null || (missed.length === 0 && !isProven)) return [];
  const why = missed.map((each) => MISSED[each]).join(", and ");
  const proof = isProven
    ? "it follows from the rules themselves, though no history shows it"
    : "whether more can happen is not known";
  return [hanging("", why === "" ? proof : `${proof}: ${why}`, width, 2, paint.dim)];
}

function effectText({ effect, tried, isCut, isProven }: Compared, { paint }: Page): string {
  const marks: Readonly<Record<Effect, Mark>> = {
    wider: paint.bad,
    mixed: paint.bad,
    narrower: paint.good,
    "none found": paint.warn,
    "not known": paint.bad,
    same: paint.good,
  };
  const histories = `${grouped(tried)} ${tried === 1 ? "history" : "histories"} tried${isCut ? ", then the time was over" : ""}`;
  const words = effect === "none found" ? "no difference found" : effect;
  return `${marks[effect](words)}${isProven ? ", proven" : ""}  ${paint.dim(`(${histories})`)}`;
}

function stories({ wider, narrower }: Compared, page: Page): string[] {
  return [
    ...(wider === null ? [] : storyLines("wider", wider, page)),
    ...(narrower === null ? [] : storyLines("narrower", narrower, page)),
  ];
}

function storyLines(direction: string, story: Story, { paint, width }: Page): string[] {
  const { at, regime, steps, old, new: now } = story;
  const world = regime === "normal" ? "" : `, regime ${regime}`;
  const shown = steps.slice(-MAX_STEPS);
  const left = steps.length - shown.length;
  const answer = ({ verdict, code, rule }: Story["old"]): string => {
    const why = [code, rule === undefined ? undefined : `rule \`${rule}\``].filter(
      (part) => part !== undefined,
    );
    return why.length === 0 ? verdict : `${verdict} (${why.join(", ")})`;
  };
  return [
    paint.dim(`  ${direction}, from ${timeText(at)} on${world}:`),
    ...(left > 0 ? [paint.dim(`    … ${counted(left, "step")} before`)] : []),
    ...shown.map((step) =>
      hanging(
        `${afterText(step.atMs).padStart(10)}  `,
        harmless(countedText(step), 400),
        width,
        2,
        paint.dim,
      ),
    ),
    hanging(
      " ".repeat(12),
      `old: ${harmless(answer(old), 200)} · new: ${harmless(answer(now), 200)}`,
      width,
      2,
      paint.bold,
    ),
  ];
}

function afterText(ms: number): string {
  if (ms === 0) return "at once";
  return ms % 1000 === 0 ? speakWait(ms) : `${grouped(ms)} ms`;
}
