import type { Diagnosis } from "./doctor.js";
import type { DoctorCheck, DoctorFinding } from "./doctor-finding.js";
import type { Repair } from "./doctor-repair.js";
import { counted, harmless, paintFor, widthOf } from "./io.js";
import type { Io, Paint } from "./io.js";
import { hanging } from "./layout.js";
import { charactersFor } from "./live-table.js";

const LABEL = 12;

/** The diagnosis for people: each thing that was looked at, then the verdict. */
export function doctorText({ dir, checks, repair, isSound }: Diagnosis, io: Io): string {
  const paint = paintFor(io);
  const width = widthOf(io);
  const marks = MARKS[charactersFor(io)];
  const blocks = [
    paint.bold(harmless(dir)),
    ...(repair === null ? [] : [repairText(repair, paint, width)]),
    checks.flatMap((check) => checkLines(check, marks, paint, width)).join("\n"),
    verdict(checks, repair, isSound, paint, width),
  ];
  return `${blocks.join("\n\n")}\n`;
}

const MARKS = {
  unicode: { good: "✓", error: "✗", warning: "!", note: "-" },
  ascii: { good: "ok", error: "NO", warning: "!", note: "-" },
} as const;

type Marks = (typeof MARKS)[keyof typeof MARKS];

function checkLines(
  { name, summary, findings }: DoctorCheck,
  marks: Marks,
  paint: Paint,
  width: number,
): string[] {
  const isError = findings.some(({ severity }) => severity === "error");
  const isWarning = findings.some(({ severity }) => severity === "warning");
  const mark = isError
    ? paint.bad(marks.error)
    : isWarning
      ? paint.warn(marks.warning)
      : paint.good(marks.good);
  return [
    hanging(`${mark} ${name.padEnd(LABEL - 2)}`, harmless(summary, 300), width),
    ...findings.flatMap((finding) => findingLines(finding, marks, paint, width)),
  ];
}

function findingLines(
  { severity, problem, fix, loud }: DoctorFinding,
  marks: Marks,
  paint: Paint,
  width: number,
): string[] {
  const mark =
    severity === "error" ? paint.bad : severity === "warning" || loud === true ? paint.warn : paint.dim;
  const label = loud === true ? marks.warning : marks[severity];
  return [
    hanging(`${label} `, problem, width, LABEL, mark),
    ...(fix === "" ? [] : [hanging("  ", fix, width, LABEL, paint.dim)]),
  ];
}

function repairText(
  { done, quarantined, isHalted, isExhausted }: Repair,
  paint: Paint,
  width: number,
): string {
  if (done.length === 0 && quarantined.length === 0) return "There was nothing to repair.";
  return [
    paint.bold("Repaired"),
    ...done.map((line) => hanging("- ", harmless(line, 500), width, 2)),
    ...quarantined.map((file) => hanging("- ", `kept as \`${harmless(file, 200)}\``, width, 2)),
    ...(isExhausted
      ? [hanging("! ", "every budget counts as spent until its window is over", width, 2, paint.warn)]
      : []),
    ...(isHalted
      ? [
          hanging(
            "! ",
            "everything is halted: look with `rein status`, then `rein resume` what may run again",
            width,
            2,
            paint.warn,
          ),
        ]
      : []),
  ].join("\n");
}

function verdict(
  checks: readonly DoctorCheck[],
  repair: Repair | null,
  isSound: boolean,
  paint: Paint,
  width: number,
): string {
  const of = (severity: DoctorFinding["severity"]): number =>
    checks.flatMap(({ findings }) => findings).filter((finding) => finding.severity === severity).length;
  if (isSound) return paint.good(repair === null ? "Sound." : "Sound: a governor can go on with it.");
  const parts = [
    ...(of("error") > 0 ? [counted(of("error"), "error")] : []),
    ...(of("warning") > 0 ? [counted(of("warning"), "warning")] : []),
  ];
  const text = `NOT sound: ${parts.join(", ")}.`;
  return of("error") > 0 ? paint.bad(hanging("", text, width)) : paint.warn(text);
}
