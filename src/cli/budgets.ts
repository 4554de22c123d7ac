import { InvalidInputError } from "../core/errors.js";
import type { Command } from "commander";
import { nearest } from "../core/nearest.js";
import type { Engine } from "../engine/index.js";
import type { BudgetLine } from "../rein/index.js";
import { budgetLines } from "../rein/snapshot.js";
import { budgetTable } from "./budget-view.js";
import { counted, grouped, harmless, paintFor, widthOf } from "./io.js";
import type { Io } from "./io.js";
import { hanging } from "./layout.js";
import { addStateOptions, inStateDir, openState, STATE_HELP, stateDirOf } from "./state-dir.js";
import type { StateFlags } from "./state-dir.js";
import { fullestFirst } from "./summary.js";

interface BudgetsFlags extends StateFlags {
  readonly rule?: string;
}

/** Counters that are shown to people; programs get all with --json. */
const LISTED = 50;

const HELP = `${STATE_HELP}

What is reserved is held by actions in flight; when no process runs, what was in
flight and what its allowances had granted ahead of use counts as spent.

Examples:
  rein budgets                    the fullest first
  rein budgets --rule daily-spend
  rein budgets --json | jq '.budgets[] | select(.remaining == 0)'

Exit codes: 0 shown · 1 could not run`;

/** \`rein budgets\`: what is spent, reserved and left. */
export function addBudgets(program: Command, io: Io, exit: (code: number) => void): void {
  const command = program
    .command("budgets")
    .summary("show what is spent, reserved and left")
    .description("Show every budget that holds something: what is spent, reserved and left.");
  addStateOptions(command)
    .option("--rule <id>", "only this rule's budgets")
    .addHelpText("after", HELP)
    .action(async (flags: BudgetsFlags) => {
      exit(await budgets(flags, io));
    });
}

async function budgets(flags: BudgetsFlags, io: Io): Promise<number> {
  const dir = stateDirOf(flags, io);
  return inStateDir(dir, "budgets", async () => {
    const reader = openState(dir, io);
    const now = Date.now();
    const { isRunning: running } = reader;
    if (!running) reader.restart(now);
    const { engine } = reader;
    if (flags.rule !== undefined) mustBeBudget(engine, flags.rule);
    const isAsked = (rule: string): boolean => flags.rule === undefined || rule === flags.rule;
    const lines = fullestFirst(budgetLines(engine, running ? reader.monoAt(now) : reader.mono)).filter(
      ({ rule }) => isAsked(rule),
    );
    const untouched = budgetRules(engine).filter(
      (id) => isAsked(id) && !lines.some(({ rule }) => rule === id),
    );
    if (flags.json === true) {
      const { mode } = engine;
      io.stdout(`${JSON.stringify({ dir, at: now, running, mode, budgets: lines, untouched }, null, 2)}\n`);
    } else io.stdout(textOf(lines, untouched, engine, io));
    return 0;
  });
}

function textOf(lines: readonly BudgetLine[], untouched: readonly string[], engine: Engine, io: Io): string {
  const paint = paintFor(io);
  const width = widthOf(io);
  const parts: string[] = [];
  if (engine.mode === "shadow")
    parts.push(
      paint.warn("In shadow: what is spent is counted, and a budget that is used up stops nothing."),
    );
  if (lines.length > 0) parts.push(budgetTable(lines.slice(0, LISTED), io, paint));
  if (lines.length > LISTED)
    parts.push(`  and ${grouped(lines.length - LISTED)} more; --json lists all, --rule those of one rule`);
  if (untouched.length > 0) {
    const names = untouched.map((id) => `\`${harmless(id, 60)}\``).join(", ");
    parts.push(hanging("", `nothing is spent of ${names}`, width));
  }
  if (parts.length === 0) parts.push(`no rule is a budget (${counted(engine.rules.length, "rule")})`);
  return `${parts.join("\n")}\n`;
}

function mustBeBudget(engine: Engine, rule: string): void {
  const known = budgetRules(engine);
  if (known.includes(rule)) return;
  const like = nearest(rule, known);
  throw new InvalidInputError("rule", `there is no budget \`${harmless(rule, 60)}\``, {
    help:
      like !== undefined
        ? `did you mean \`${like}\`?`
        : known.length === 0
          ? "the policy in force has no budgets"
          : `there is: ${known
              .slice(0, 20)
              .map((id) => `\`${id}\``)
              .join(", ")}`,
  });
}

function budgetRules({ rules }: Engine): string[] {
  return rules.filter(({ kind }) => kind === "budget").map(({ id }) => id);
}
