import { Option } from "commander";
import type { Command } from "commander";
import { formatDuration } from "../core/duration.js";
import { DEFAULT_HORIZON_MS, DOMAINS } from "../redteam/attack.js";
import type { Attack, Domain } from "../redteam/attack.js";
import { noSuchAttack } from "../redteam/choose.js";
import { counted, paintFor, tableWidthOf, widthOf } from "./io.js";
import type { Io } from "./io.js";
import { hanging, MARGIN, quietTable } from "./layout.js";

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

function show(id: string | undefined, attacks: readonly Attack[], flags: AttacksFlags, io: Io): void {
  if (id !== undefined) {
    const attack = attacks.find((each) => each.id === id);
    if (attack === undefined) throw noSuchAttack(id, attacks);
    io.stdout(flags.json === true ? jsonOf(factsOf(attack)) : oneText(attack, io));
    return;
  }
  const { domain } = flags;
  const shown = attacks.filter(
    ({ domains }) => domain === undefined || domains.some((each) => domain.includes(each)),
  );
  io.stdout(flags.json === true ? jsonOf({ attacks: shown.map(factsOf) }) : listText(shown, io));
}

function factsOf({ run: _, horizonMs = DEFAULT_HORIZON_MS, ...facts }: Attack): object {
  return { ...facts, horizonMs };
}

function jsonOf(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

function listText(attacks: readonly Attack[], io: Io): string {
  const table = quietTable(
    {
      head: ["attack", "what happens", "domains", "OWASP", "source"],
      rows: attacks.map(({ id, title, domains, owasp, source }) => [
        ...[id, title, domains.join(", "), owasp.join(", ")],
        source.replace(/^https:\/\//, ""),
      ]),
      elastic: [1, 4],
    },
    tableWidthOf(io),
    paintFor(io),
  );
  return `${counted(attacks.length, "attack")}\n\n${table}\n\nrein attacks ID shows one of them.\n`;
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
