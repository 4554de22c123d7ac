import { Option } from "commander";
import type { Command } from "commander";
import { formatDuration } from "../core/duration.js";
import { InvalidInputError } from "../core/errors.js";
import { printable } from "../core/names.js";
import { DEFAULT_HORIZON_MS, DOMAINS } from "../redteam/attack.js";
import type { Attack, Domain } from "../redteam/attack.js";
import { noSuchAttack } from "../redteam/choose.js";
import { counted, paintFor, tableWidthOf, widthOf } from "./io.js";
import type { Io } from "./io.js";
import { GAP, hanging, MARGIN, quietTable, sum } from "./layout.js";

interface AttacksFlags {
  readonly domain?: readonly Domain[];
  readonly json?: true;
}

const HELP = `
Each attack is a small program: an agent that works as it should, and then goes wrong
as a published incident did. \`rein redteam\` runs them against a policy; your own ones
stand in a file, as docs/redteam.md shows.

Examples:
  rein attacks
  rein attacks --domain mail
  rein attacks cost-bomb

Exit codes: 0 listed · 1 there is no such attack`;

/** `rein attacks`: what the red team does. */
export function addAttacks(program: Command, io: Io, exit: (code: number) => void): void {
  program
    .command("attacks")
    .summary("list the attacks of the red team, or show one")
    .description("List the attacks that `rein redteam` runs against a policy, or show one of them.")
    .argument("[id]", "one attack: its story, what damage is, and the sentences that contain it")
    .addOption(domainOption())
    .option("--json", "print one JSON document")
    .addHelpText("after", HELP)
    .action(async (id: string | undefined, flags: AttacksFlags) => {
      // Loaded by those who need it: reading their sentences takes longer than most commands.
      const { ATTACKS } = await import("../redteam/scenarios/index.js");
      show(id, ATTACKS, flags, io);
      exit(0);
    });
}

/** `--domain D`, which may be repeated. */
export function domainOption(): Option {
  return new Option("--domain <domain...>", "only what is about these kinds of agents").choices(DOMAINS);
}

/** The error for attacks that were asked for and that are about other kinds of agents. */
export function notOfDomains(
  asked: string,
  attacks: readonly Attack[],
  domains: readonly Domain[],
): InvalidInputError {
  const theirs = new Set(attacks.flatMap((attack) => attack.domains));
  const belongs = DOMAINS.filter((domain) => theirs.has(domain));
  return new InvalidInputError(
    "domain",
    `\`${printable(asked, 100)}\` is about agents of ${belongs.join(", ")}, and not of ${domains.join(", ")}`,
    { help: `use --domain ${belongs[0]!}, or leave --domain out` },
  );
}

function show(id: string | undefined, attacks: readonly Attack[], flags: AttacksFlags, io: Io): void {
  const { domain } = flags;
  if (id !== undefined) {
    const attack = attacks.find((each) => each.id === id);
    if (attack === undefined) throw noSuchAttack(id, attacks);
    if (!isOf(attack, domain)) throw notOfDomains(id, [attack], domain!);
    io.stdout(flags.json === true ? jsonOf(factsOf(attack)) : oneText(attack, io));
    return;
  }
  const shown = attacks.filter((attack) => isOf(attack, domain));
  io.stdout(flags.json === true ? jsonOf({ attacks: shown.map(factsOf) }) : listText(shown, io));
}

/** Whether an attack is about one of these; undefined: any. */
export function isOf({ domains }: Attack, wanted: readonly Domain[] | undefined): boolean {
  return wanted === undefined || domains.some((domain) => wanted.includes(domain));
}

function factsOf({ run: _, horizonMs = DEFAULT_HORIZON_MS, ...facts }: Attack): object {
  return { ...facts, horizonMs };
}

function jsonOf(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

function listText(attacks: readonly Attack[], io: Io): string {
  const width = tableWidthOf(io);
  const columns = columnsFor(attacks, width);
  const table = quietTable(
    {
      head: columns.map(({ head }) => head),
      rows: attacks.map((attack) => columns.map(({ cell }) => cell(attack))),
      elastic: columns.flatMap(({ least }, i) => (least === undefined ? [] : [i])),
    },
    width,
    paintFor(io),
  );
  return `${counted(attacks.length, "attack")}\n\n${table}\n\nrein attacks ID shows one of them.\n`;
}

interface Column {
  readonly head: string;
  readonly cell: (attack: Attack) => string;
  /** It may be cut to so many characters. */
  readonly least?: number;
}

const COLUMNS: readonly Column[] = [
  { head: "attack", cell: ({ id }) => id },
  { head: "what happens", cell: ({ title }) => title, least: 24 },
  { head: "domains", cell: ({ domains }) => domains.join(", ") },
  { head: "OWASP", cell: ({ owasp }) => owasp.join(", ") },
  { head: "source", cell: ({ source }) => source.replace(/^https:\/\//, ""), least: 9 },
];

/** Columns that a line has room for: an id that was cut would be of no use, and the rest is told with each attack. */
function columnsFor(attacks: readonly Attack[], width: number): readonly Column[] {
  const least = COLUMNS.map(
    ({ head, cell, least: fewest }) =>
      (fewest ?? Math.max(head.length, ...attacks.map((attack) => cell(attack).length))) + GAP,
  );
  let shown = COLUMNS.length;
  while (shown > 1 && sum(least.slice(0, shown)) > width - MARGIN) shown -= 1;
  return COLUMNS.slice(0, shown);
}

function oneText(attack: Attack, io: Io): string {
  const { id, title, story, domains, owasp, source, damage, unit, tolerable, remedy } = attack;
  const paint = paintFor(io);
  const line = (label: string, text: string): string =>
    hanging(label.padEnd(12), text, widthOf(io), MARGIN, paint.dim);
  const weights = Object.entries(damage).map(([deed, weight]) =>
    weight === 1 ? deed : `${deed} × ${weight}`,
  );
  return [
    `${paint.bold(id)}: ${title}`,
    "",
    hanging("", story, widthOf(io), MARGIN),
    "",
    line("damage", `${unit} (${weights.join(", ")}); contained when it is at most ${tolerable}`),
    line("lasts", `${formatDuration(attack.horizonMs ?? DEFAULT_HORIZON_MS)} at most, in virtual time`),
    line("domains", domains.join(", ")),
    line("OWASP", owasp.join(", ")),
    line("source", source),
    "",
    paint.dim("  The sentences that contain it:"),
    ...remedy.split("\n").map((sentence) => hanging("", sentence.trim(), widthOf(io), MARGIN + 2)),
    "",
  ].join("\n");
}
