import type { ControlError } from "../control/index.js";
import { speakWait } from "../core/duration.js";
import type { Globs, Scope } from "../core/scope.js";
import type { HaltReceipt } from "../rein/index.js";
import type { DirOwner, Sent } from "./control.js";
import { counted, harmless, paintFor } from "./io.js";
import type { Io, Paint } from "./io.js";

/** Lines that a list shows to people; programs get all with --json. */
const LISTED = 20;
const MAX_SHOWN = 200;

/** What there is to say of a command, and the exit code that says the same. */
export interface Verdict {
  readonly code: 0 | 2;
  readonly out?: string;
  /** What is not as it should be. */
  readonly err?: string;
}

/**
 * Says what became of a command that was not answered with yes; null when it was.
 *
 * @param what the command in a sentence: "the halt"
 * @param kept what the next start does with it: "it holds from the next start"
 */
export function unansweredText(sent: Sent, what: string, kept: string): Verdict | null {
  const { state, answer, owner, dir } = sent;
  const shown = `\`${harmless(dir, MAX_SHOWN)}\``;
  const full = sent.posted.bare
    ? "the disk is full: the halt is there, but not who asked for it and why\n"
    : sent.posted.durable
      ? ""
      : "the disk did not confirm it: after a power failure the command may be gone\n";
  if (state === "answered") {
    if (answer === undefined || answer.ok) return null;
    return { code: 2, err: `rein: ${ownerText(owner)} refused ${what}: ${refusalText(answer.error)}` };
  }
  if (state === "kept") {
    return {
      code: 0,
      out: `No process runs with ${shown}: ${what} is kept, and ${kept}.\n`,
      ...(full !== "" && { err: full }),
    };
  }
  if (state === "left") {
    return {
      code: 0,
      out: `Left ${what} for ${ownerText(owner)}; nobody waited for its answer.\n`,
      ...(full !== "" && { err: full }),
    };
  }
  const time = speakWait(sent.waitedMs);
  if (sent.inForce !== undefined) {
    return {
      code: 2,
      err:
        `rein: the gates of ${ownerText(owner)} are shut (halt \`${sent.inForce}\`), and it did not say within ${time} what became of what was in flight\n` +
        "      it is busy, or its disk is full; `rein status` shows what is in flight\n",
    };
  }
  if (state === "taken") {
    return {
      code: 2,
      err:
        `rein: ${ownerText(owner)} has taken ${what} but did not say within ${time} what came of it\n` +
        "      look with `rein status`, or wait longer with --timeout\n",
    };
  }
  return {
    code: 2,
    err:
      `rein: ${what} is NOT confirmed: ${ownerText(owner)} did not take it within ${time}\n` +
      `      it hangs, or passes no gate; the command stays, and ${kept}${killHint(owner)}\n`,
  };
}

/** A halt's receipt for people. */
export function receiptText(receipt: HaltReceipt, sentAt: number, io: Io): string {
  const paint = paintFor(io);
  const { id, scope, complete, inFlight } = receipt;
  const unknown = inFlight.filter(({ fate }) => fate === "unknown").length;
  const headline = complete
    ? paint.good(`Halted ${scopeText(scope)}. Nothing of it runs any more.`)
    : paint.bad(`Halted ${scopeText(scope)}, but NOT complete: ${counted(unknown, "action")} may still act.`);
  const lines = [
    headline,
    row("halt", harmless(id, MAX_SHOWN), paint),
    row("gates shut", `${Math.max(0, Math.round(receipt.at - sentAt))} ms after it was asked for`, paint),
    row("in flight", fatesText(receipt), paint),
    ...inFlightLines(receipt, paint),
    row("to go on", `rein resume ${harmless(id, MAX_SHOWN)} --reason "…"`, paint),
  ];
  return `${lines.join("\n")}\n`;
}

/** Takes a receipt out of an answer; null when it is none. */
export function readReceipt(value: unknown): HaltReceipt | null {
  if (typeof value !== "object" || value === null) return null;
  const { id, at, complete, inFlight } = value as Partial<HaltReceipt>;
  const isReceipt =
    typeof id === "string" &&
    typeof at === "number" &&
    typeof complete === "boolean" &&
    Array.isArray(inFlight);
  return isReceipt ? (value as HaltReceipt) : null;
}

/** What happened, for programs. */
export function sentJson(command: string, sent: Sent, code: number): string {
  const { dir, posted, at, owner, state, answer, waitedMs } = sent;
  const facts = {
    ...{ command, dir, id: posted.id, at, durable: posted.durable, bare: posted.bare, owner, state },
    ...(sent.inForce !== undefined && { inForce: sent.inForce }),
    waitedMs: Math.round(waitedMs),
    ...answer,
    exitCode: code,
  };
  return `${JSON.stringify(facts, null, 2)}\n`;
}

function row(label: string, text: string, paint: Paint): string {
  return `  ${paint.dim(label.padEnd(11))} ${text}`;
}

function fatesText({ inFlight }: HaltReceipt): string {
  if (inFlight.length === 0) return "nothing";
  const parts = (["unknown", "aborted", "completed"] as const).flatMap((fate) => {
    const n = inFlight.filter((action) => action.fate === fate).length;
    return n === 0 ? [] : [`${n} ${fate}`];
  });
  return `${counted(inFlight.length, "action")}: ${parts.join(", ")}`;
}

/** What may still act comes first. */
function inFlightLines({ inFlight }: HaltReceipt, paint: Paint): string[] {
  const order = ["unknown", "aborted", "completed"];
  const sorted = [...inFlight].sort((a, b) => order.indexOf(a.fate) - order.indexOf(b.fate));
  const lines = sorted.slice(0, LISTED).map(({ id, source, series, fate, ms }) => {
    const mark = fate === "unknown" ? paint.bad : fate === "aborted" ? paint.warn : paint.good;
    const what = `\`${harmless(series, 60)}\` by \`${harmless(source, 60)}\``;
    return `    ${mark(harmless(fate, 20).padEnd(9))} ${what} ${paint.dim(`after ${Math.round(ms)} ms (${harmless(id, 60)})`)}`;
  });
  if (sorted.length > LISTED) lines.push(`    and ${sorted.length - LISTED} more; --json lists all`);
  return lines;
}

function refusalText({ code, message, help, halts = [], approvals = [] }: ControlError): string {
  const lines = [harmless(message, 500)];
  if (help !== undefined) lines.push(`      ${harmless(help, 500)}`);
  if (code === "unknown_halt") {
    lines.push(halts.length === 0 ? "      no halt is in force" : "      halts in force:");
    for (const { id, scope, by, reason } of halts.slice(0, LISTED)) {
      const why = reason === "" ? "" : `: ${harmless(reason, MAX_SHOWN)}`;
      lines.push(`        ${harmless(id, MAX_SHOWN)}  ${scopeText(scope)}, by ${harmless(by, 60)}${why}`);
    }
  }
  if (code === "unknown_approval") {
    lines.push(approvals.length === 0 ? "      nothing waits for approval" : "      waiting for approval:");
    for (const { id, source, series } of approvals.slice(0, LISTED))
      lines.push(
        `        ${harmless(id, MAX_SHOWN)}  \`${harmless(series, 60)}\` by \`${harmless(source, 60)}\``,
      );
  }
  return `${lines.join("\n")}\n`;
}

/** "everything", or what a scope names. */
function scopeText(scope: Scope): string {
  if (scope === "all") return "everything";
  const parts = [
    ...(scope.source === undefined ? [] : [`source ${globsText(scope.source)}`]),
    ...(scope.series === undefined ? [] : [`series ${globsText(scope.series)}`]),
    ...Object.entries(scope.tags ?? {}).map(([tag, globs]) => `tag ${harmless(tag, 60)}=${globsText(globs)}`),
  ];
  return parts.join(" and ");
}

function globsText(globs: Globs): string {
  return [globs]
    .flat()
    .map((glob) => `\`${harmless(glob, 60)}\``)
    .join(" or ");
}

export function ownerText(owner: DirOwner | "unknown" | null): string {
  if (owner === null || owner === "unknown") return "whoever owns the directory";
  return `process ${owner.pid}`;
}

function killHint(owner: DirOwner | "unknown" | null): string {
  if (owner === null || owner === "unknown") return "";
  return `\n      to be sure at once, end the process: kill -9 ${owner.pid}`;
}
