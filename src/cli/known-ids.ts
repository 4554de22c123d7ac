import type { ControlCommand } from "../control/index.js";
import { ReinError } from "../core/errors.js";
import { StateReader } from "../rein/reading.js";
import { harmless } from "./io.js";
import { thisUser } from "./state-dir.js";

/** Ids that a message lists. */
const LISTED = 20;

/**
 * Checks, where no process runs, that the state has the halt or the question that a command is about. State that cannot
 * be read keeps nobody from leaving a command.
 *
 * @throws ReinError `unknown_halt`, `unknown_approval`
 */
export function mustBeKnown(dir: string, command: ControlCommand): void {
  if (command.command === "halt") return;
  const reader = readerOf(dir);
  if (reader === null) return;
  const { engine, store } = reader;
  if (command.command === "resume") {
    const halts = new Set([...[...engine.halts.all()].map(({ info }) => info.id), ...store.halts.keys()]);
    if (!halts.has(command.halt)) throw unknown("unknown_halt", "halt", "is in force", command.halt, halts);
    return;
  }
  const open = [...engine.approvals.all()].filter(({ state }) => state === "pending").map(({ id }) => id);
  const { approval } = command;
  if (!open.includes(approval)) throw unknown("unknown_approval", "approval", "is open", approval, open);
}

function readerOf(dir: string): StateReader | null {
  try {
    const reader = StateReader.open(dir, { identity: thisUser() });
    return reader.recovered.commandsOnly === null ? reader : null;
  } catch {
    return null;
  }
}

function unknown(
  code: "unknown_halt" | "unknown_approval",
  noun: string,
  state: string,
  id: string,
  known: Iterable<string>,
): ReinError {
  const names = [...known].slice(0, LISTED).map((one) => `\`${harmless(one, 40)}\``);
  return new ReinError(code, `no process runs, and no ${noun} \`${harmless(id, 100)}\` ${state}`, {
    help: names.length === 0 ? `no ${noun} ${state}` : `there is ${names.join(", ")}`,
  });
}
