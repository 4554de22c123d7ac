import type { AnchorCheck } from "../audit/anchor/index.js";
import type { Round } from "./audit-anchor-round.js";
import { counted, grouped, harmless, paintFor, widthOf } from "./io.js";
import type { Io } from "./io.js";
import { ago, hanging, MARGIN } from "./layout.js";

/** What a round came to, for people. */
export function roundText(round: Round, io: Io): string {
  const paint = paintFor(io);
  const line = (label: string, text: string, mark = paint.good): string =>
    hanging(`${label}  `, harmless(text), widthOf(io), MARGIN, mark);
  const lines = [paint.bold(`${harmless(round.origin)}: ${counted(round.size, "leaf", "leaves")}`)];
  if (round.cosignatures.length > 0) {
    lines.push(line("cosigned", `by ${round.cosignatures.map(({ witness }) => witness).join(", ")}`));
  }
  for (const problem of round.witnessProblems) {
    lines.push(line(problem.isContradiction ? "SECURITY ERROR" : "not cosigned", problem.message, paint.bad));
  }
  if (round.quorum === "missed") {
    lines.push(line("no quorum", "fewer witnesses cosigned than the policy asks for", paint.warn));
  }
  for (const { kind, where, file } of round.receipts) lines.push(line(kind, `${where}, receipt ${file}`));
  for (const { kind, where } of round.unchanged) lines.push(line(kind, `${where} has it already`, paint.dim));
  for (const { kind, message, help, contradiction } of round.problems) {
    const label = contradiction === undefined ? `not anchored (${kind})` : "SECURITY ERROR";
    lines.push(line(label, help === undefined ? message : `${message}; ${help}`, paint.bad));
  }
  for (const path of round.evidence) lines.push(line("evidence", path, paint.bad));
  if (!round.isKeyTrusted) lines.push(line("note", "the log's key is what the log itself says", paint.dim));
  return `${lines.join("\n")}\n`;
}

/** What the anchors say about a log, for people. */
export function anchorCheckText(
  check: AnchorCheck & { readonly origin: string; readonly size: number; readonly isKeyTrusted: boolean },
  now: number,
  io: Io,
): string {
  const paint = paintFor(io);
  const line = (label: string, text: string, mark = paint.good): string =>
    hanging(`${label}  `, harmless(text), widthOf(io), MARGIN, mark);
  const lines = [paint.bold(`${harmless(check.origin)}: ${counted(check.size, "leaf", "leaves")}`)];
  for (const { message, standing } of check.contradictions) {
    lines.push(
      line("SECURITY ERROR", standing === "claimed" ? `${message} (by its receipt)` : message, paint.bad),
    );
  }
  for (const { kind, where, size, at, standing } of check.covered) {
    const when = at === null ? "" : `, ${ago(at, now)}`;
    const text = `the first ${grouped(size)} leaves are those that ${where} (${kind}) has${when}`;
    if (standing === "checked") lines.push(line("checked", text));
    else lines.push(line("claimed", `${text}, as a receipt in the log says`, paint.warn));
  }
  for (const problem of check.problems) lines.push(line("problem", problem, paint.warn));
  if (check.covered.length + check.contradictions.length === 0) {
    lines.push(line("nothing", "no anchor covers any of it", paint.warn));
  }
  if (!check.isKeyTrusted) lines.push(line("note", "the log's key is what the log itself says", paint.dim));
  return `${lines.join("\n")}\n`;
}
