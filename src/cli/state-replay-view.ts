import type { Divergence, Said } from "../analysis/replay.js";
import { keyText } from "./budget-view.js";
import { counted, grouped, harmless, paintFor, tableWidthOf, widthOf } from "./io.js";
import type { Io, Paint } from "./io.js";
import { hanging, quietTable } from "./layout.js";
import type { StateReplay } from "./state-replay.js";

const LABEL = 16;
/** Characters of a state's value that are shown. */
const MAX_VALUE = 200;

/** What came of a replay, for people: the verdict comes last, as the run does. */
export function stateReplayText(result: StateReplay, io: Io): string {
  const paint = paintFor(io);
  const width = widthOf(io);
  const blocks = [
    `${paint.bold(harmless(result.dir))} replayed with engine version ${result.engine} on Node ${result.node}`,
    numbers(result, paint, width),
    ...(result.divergence === null ? [] : differenceBlocks(result, result.divergence, io, paint)),
    verdict(result, paint, width),
  ];
  return `${blocks.join("\n\n")}\n`;
}

function numbers(result: StateReplay, paint: Paint, width: number): string {
  const row = (label: string, text: string): string =>
    hanging(label.padEnd(LABEL), text, width, 2, paint.dim);
  const { records, runs, decisions, states, snapshot, skipped, gaps, unproven, otherEngine } = result;
  const why =
    otherEngine === null
      ? "that nothing in the records leads up to, as older ones have been removed"
      : `before the first state of this version of the engine; version ${otherEngine} made some of them`;
  const whereof = snapshot ? ", the newest snapshot among them" : "";
  return [
    row("records", grouped(records)),
    row("runs begun", grouped(runs)),
    row("decisions", `${grouped(decisions)} compared`),
    row("saved states", `${grouped(states)} compared in full${whereof}`),
    ...(skipped === 0 ? [] : [row("before the start", `${counted(skipped, "record")} ${why}`)]),
    ...(gaps === 0 ? [] : [row("gaps", paint.warn(`records are missing in ${counted(gaps, "place")}`))]),
    ...(unproven === 0
      ? []
      : [
          row(
            "not replayed",
            paint.warn(
              `${counted(unproven, "record")} after a gap or by another version of the engine, up to the next saved state`,
            ),
          ),
        ]),
  ].join("\n");
}

function verdict({ divergence, isComplete, decision }: StateReplay, paint: Paint, width: number): string {
  if (divergence !== null) {
    const which =
      decision === null
        ? "the records do not lead to what was saved"
        : `decision ${harmless(decision, 60)} came out otherwise`;
    return paint.bad(hanging("", `DIFFERENT: ${which}.`, width));
  }
  if (!isComplete)
    return paint.warn(
      hanging(
        "",
        "NOT PROVEN: every decision that could be compared came out again, bit for bit, but records are missing or were left out.",
        width,
      ),
    );
  return paint.good("Every decision came out again, bit for bit.");
}

function differenceBlocks(result: StateReplay, divergence: Divergence, io: Io, paint: Paint): string[] {
  const [width, tableWidth] = [widthOf(io), tableWidthOf(io)];
  const { record, recorded, replayed, problem, counters, states } = divergence;
  const row = (label: string, text: string): string =>
    hanging(label.padEnd(LABEL), text, width, 2, paint.dim);
  const title = paint.bad(
    result.decision === null
      ? `The first difference, after ${counted(record, "record")}`
      : `The first difference: decision ${harmless(result.decision, 60)}, after ${counted(record, "record")}`,
  );
  const lines = [
    ...(problem === null ? [] : [row("problem", harmless(problem, 500))]),
    ...(recorded === null ? [] : [row("recorded", saidText(recorded))]),
    ...(replayed === null ? [] : [row("replayed", saidText(replayed))]),
  ];
  const blocks = [[title, ...lines].join("\n")];
  if (counters.length > 0) {
    const table = quietTable(
      {
        head: ["Rule", "Of", "Held when it was replayed"],
        rows: counters.map(({ rule, key, state }) => [harmless(rule, 40), keyText(key), valueText(state)]),
      },
      tableWidth,
      paint,
    );
    blocks.push(`${paint.bold("What the rules of its lane held")}\n${table}`);
  }
  if (states.length > 0) {
    const table = quietTable(
      {
        head: ["Place in the state", "Recorded", "Replayed"],
        rows: states.map(({ path, recorded, replayed }) => [
          harmless(path, 100),
          valueText(recorded),
          valueText(replayed),
        ]),
      },
      tableWidth,
      paint,
    );
    blocks.push(`${paint.bold("Where the next saved state differs")}\n${table}`);
  } else {
    blocks.push(hanging("", "no state was saved after it to compare with", width, 2, paint.dim));
  }
  return blocks;
}

function saidText({ verdict, code, rule, wouldCode, wouldRule }: Said): string {
  const by = (name: unknown): string =>
    typeof name === "string" ? ` by rule \`${harmless(name, 60)}\`` : "";
  const text = (value: unknown): string => harmless(typeof value === "string" ? value : valueText(value), 60);
  const refusal = code === undefined ? "" : `: ${text(code)}${by(rule)}`;
  const would =
    wouldCode === undefined ? "" : `; enforcement would have said ${text(wouldCode)}${by(wouldRule)}`;
  return `${text(verdict)}${refusal}${would}`;
}

function valueText(value: unknown): string {
  return value === undefined ? "(nothing)" : harmless(JSON.stringify(value), MAX_VALUE);
}
