import { relative } from "node:path";
import type { HaltReceipt } from "rein";
import type { DemoResult, Pair } from "./demo.js";
import { policy } from "./policy.js";
import type { Attempts, SlowTools } from "./scenarios.js";
import type { Setup } from "./setup.js";
import { usd } from "./stories.js";
import type { Story } from "./stories.js";
import type { LogCheck } from "./the-log.js";
import { Table } from "./table.js";
import { pad, paint, TEXT_WIDTH, wrap } from "./terminal.js";
import type { Format, Screen } from "./terminal.js";

export function printTitle(screen: Screen): void {
  const about =
    "The same agent works twice, without Rein and with it. Its mails, payments, orders and deletions go to real SMTP, HTTP and TCP servers on this machine, and those servers count what reaches them. Only the model is scripted.";
  screen.print(
    "",
    paint("REIN", "bold", "cyan") + paint(" · a kill-switch for autonomous agents", "bold"),
    "",
    ...wrap(about, TEXT_WIDTH),
  );
}

export function printPolicy(screen: Screen): void {
  screen.print("", heading("The policy"));
  const understood = policy.explain().split("\n");
  policy.rules.forEach(({ id }, i) => {
    const written = policy.origins[i]?.sentence ?? "";
    screen.print(...hanging(id, written, "cyan"));
    screen.print(
      ...hanging("", `= ${understood[i]?.slice(id.length + 2) ?? ""}`, "cyan").map((line) =>
        paint(line, "dim"),
      ),
    );
  });
}

/** What strangers can say about the log, and how to see for oneself. */
export function printLog(screen: Screen, { dir, records, isValid, forgery }: LogCheck): void {
  const shown = relative(process.cwd(), dir) || ".";
  screen.print(
    "",
    heading("The log"),
    ...wrap(
      `Every decision and outcome with Rein is one of ${records} records in a signed Merkle log, which ${isValid ? "verifies" : "DOES NOT VERIFY"}. In a copy, one refusal was made an approval:`,
      TEXT_WIDTH,
    ),
    ...hanging("verdict", forgery, "red"),
    ...hanging("check it", `node dist/cli/main.js audit verify ${shown}`, "cyan"),
  );
}

/** Plays a story in both worlds; the numbers in its table grow as it goes. */
export async function tell<Counts>(
  screen: Screen,
  story: Story<Counts>,
  setups: { readonly withoutRein: Setup; readonly withRein: Setup },
): Promise<Pair<Counts>> {
  const table = new Table(story.countedBy, story.columns);
  screen.print("", heading(story.title), ...wrap(story.text, TEXT_WIDTH), "", ...table.head());
  const play = async (setup: Setup, good: boolean): Promise<Attempts & Counts> => {
    const tally = await story.scenario(setup, (now) => {
      screen.live(table.row(setup.label, now, good));
    });
    screen.settle(table.row(setup.label, tally, good));
    return tally;
  };
  const withoutRein = await play(setups.withoutRein, false);
  const withRein = await play(setups.withRein, true);

  screen.print("", ...hanging("result", story.result(withRein), "green"));
  if (withRein.refusal !== undefined) screen.print(...hanging("agent was told", withRein.refusal, "yellow"));
  for (const line of screen.takeAsides()) screen.print(cut(hanging("Rein's log", line, "dim")));
  return { withoutRein, withRein };
}

export function printReceipt(screen: Screen, { receipt, exportsAfterStop }: SlowTools): void {
  if (receipt === undefined) return;
  screen.print("", ...box(`HALT RECEIPT ${receipt.id}`, receiptLines(receipt)));
  if (receipt.complete) return;
  const truth = `The receipt tells the truth: the database did count ${exportsAfterStop} export. That tool calls the bare fetch; with governedFetch it would have been stopped like the deletions.`;
  screen.print(...wrap(truth, TEXT_WIDTH));
}

function receiptLines({ scope, by, reason, complete, ms, processes, inFlight }: HaltReceipt): string[] {
  const shutAfter = millis(Math.max(...processes.map((process) => process.ms)));
  const unknown = inFlight.filter(({ fate }) => fate === "unknown").map(({ series }) => series);
  return [
    field("scope", scope === "all" ? "everything" : JSON.stringify(scope)),
    field("by", `${by}: ${reason}`),
    field("gates shut", `after ${shutAfter}`),
    field("in flight", `${inFlight.length} actions`),
    ...fateLines(inFlight),
    field("receipt", `after ${millis(ms)}`),
    field(
      "complete",
      complete
        ? paint("yes: nothing runs any more", "green", "bold")
        : paint(`NO: ${unknown.join(", ")} may still act`, "red", "bold"),
    ),
  ];
}

/** One line for all actions of a kind that ended alike. */
function fateLines(inFlight: HaltReceipt["inFlight"]): string[] {
  const groups = new Map<string, HaltReceipt["inFlight"][number][]>();
  for (const action of inFlight) {
    const key = `${action.series} ${action.fate}`;
    groups.set(key, [...(groups.get(key) ?? []), action]);
  }
  return [...groups.values()].map((actions) => {
    const { series, fate } = actions[0]!;
    const last = millis(Math.max(...actions.map(({ ms }) => ms)));
    const isKnown = fate !== "unknown";
    const told = paint(pad(isKnown ? fate : "UNKNOWN", 10), isKnown ? "green" : "red", "bold");
    const when = isKnown ? `the last ended after ${last}` : `no end seen in ${last}`;
    return field("", `${pad(String(actions.length), 2, "right")} × ${pad(series, 17)}${told}${when}`);
  });
}

export function printSummary(screen: Screen, result: DemoResult): void {
  const { honestWork, retryLoop, wrongList, deadFeed, slowTools, checks } = result;
  const line = (label: string, without: string, withRein: string, format: Format = "red"): string =>
    pad(label, 43) +
    paint(pad(without, 17, "right"), format, "bold") +
    paint(pad(withRein, 17, "right"), "green", "bold");
  const compare = <C>(
    label: string,
    { withoutRein, withRein }: Pair<C>,
    of: (tally: C) => string | number,
  ): string => line(label, String(of(withoutRein)), String(of(withRein)));
  const done = ({ attempted, failed }: Attempts): string => `${attempted - failed} of ${attempted}`;

  screen.print(
    "",
    heading("All in all"),
    paint(pad("", 43) + pad("without Rein", 17, "right") + pad("with Rein", 17, "right"), "dim"),
    paint("─".repeat(TEXT_WIDTH), "dim"),
    line("honest calls done", done(honestWork.withoutRein), done(honestWork.withRein), "green"),
    compare("billed by the retry loop", retryLoop, ({ billedUsd }) => usd(billedUsd)),
    compare("mails to the wrong people", wrongList, ({ wrongPeople }) => wrongPeople),
    compare("orders on stale prices", deadFeed, ({ staleOrders }) => staleOrders),
    compare("deletions after the red button", slowTools, ({ deletionsAfterStop }) => deletionsAfterStop),
    "",
    ...verdict(checks, result.seconds),
    "",
  );
}

function verdict(checks: DemoResult["checks"], seconds: number): string[] {
  const broken = checks.filter(({ holds }) => !holds);
  if (broken.length === 0) {
    const passed = paint(`✔ all ${checks.length} checks passed`, "green", "bold");
    return [
      `${passed} in ${seconds.toFixed(0)} seconds`,
      "  All it took: examples/demo/policy.ts and examples/demo/with-rein.ts",
    ];
  }
  return [
    paint(`✘ ${broken.length} of ${checks.length} checks FAILED:`, "red", "bold"),
    ...broken.map(({ claim }) => `  ${claim}`),
  ];
}

function millis(value: number): string {
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
}

function heading(text: string): string {
  return `${paint(text, "bold")} ${paint("─".repeat(TEXT_WIDTH - text.length - 1), "dim")}`;
}

/** A label, and beside it text that keeps its left edge. */
function hanging(label: string, text: string, format: Format): string[] {
  const width = 16;
  return wrap(text, TEXT_WIDTH - width).map(
    (line, index) => paint(pad(index === 0 ? label : "", width), format) + line,
  );
}

/** The first line of several. */
function cut([first = "", ...more]: readonly string[]): string {
  return more.length === 0 ? first : `${first} …`;
}

function field(label: string, text: string): string {
  return paint(pad(label, 12), "dim") + text;
}

function box(title: string, lines: readonly string[]): string[] {
  const inner = TEXT_WIDTH - 4;
  const edge = (text: string): string => paint(text, "dim");
  return [
    `${edge("╭─")} ${paint(title, "bold")} ${edge(`${"─".repeat(inner - title.length - 1)}╮`)}`,
    ...lines.map((line) => `${edge("│")} ${pad(line, inner)} ${edge("│")}`),
    edge(`╰${"─".repeat(inner + 2)}╯`),
  ];
}
