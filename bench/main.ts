// The benchmarks' front door; see docs/benchmarks.md.
import { mkdirSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Bench } from "./bench.js";
import { BENCHES } from "./benches.js";
import { installPeers } from "./peers/install.js";
import { PEERS } from "./peers/peers.js";
import { benchText, missedBars, peersText, settingNow, settingText } from "./report.js";
import { runAll } from "./run.js";

const HELP = `Usage: npm run bench -- [options]

  --peers       the comparison with other libraries instead; installs them into bench/peers and build/peers first
  --only NAME   only benchmarks whose name contains NAME; may be given several times
  --rounds N    rounds, each in the reverse order of the one before (3; with --quick 1)
  --quick       fewer samples, one round: whether it works, and roughly how fast
  --json        print the results as JSON instead of tables
  --list        print the names and what they measure
  --help        print this

Each benchmark runs in a fresh process. Results are also written to build/bench/results/.`;

const RESULTS = fileURLToPath(new URL("results/", import.meta.url));

const { values } = readArguments();
if (values.help === true) console.log(HELP);
else await main();

async function main(): Promise<void> {
  const isChosen = ({ name }: Bench): boolean => values.only?.some((part) => name.includes(part)) ?? true;
  const peers = values.peers === true ? PEERS.filter(isChosen) : [];
  const benches: readonly Bench[] = values.peers === true ? peers : BENCHES.filter(isChosen);
  if (benches.length === 0)
    return complain(`no benchmark has a name like ${values.only?.join(", ") ?? ""}; see --list`);
  if (values.list === true) {
    for (const { name, about } of benches) console.log(`${name.padEnd(44)} ${about}`);
    return;
  }
  const quick = values.quick === true;
  const rounds = values.rounds === undefined ? (quick ? 1 : 3) : Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1)
    return complain(`--rounds must be a whole number from 1, not ${values.rounds}`);

  const say = (line: string): void => console.error(line);
  if (peers.length > 0) installPeers(say);
  const begun = settingNow(
    `npm run ${["bench", ...process.argv.slice(2)].join(" ").replace(" ", " -- ")}`,
    rounds,
    quick,
  );
  const loadBefore = loadavg()[0]!;
  const reports = await runAll(benches, rounds, { quick }, say);
  const setting = { ...begun, loadBefore, loadAfter: loadavg()[0]! };

  const missed = missedBars(reports);
  const json = JSON.stringify({ setting, missed, reports }, null, 2);
  mkdirSync(RESULTS, { recursive: true });
  const file = `${RESULTS}${setting.at.replaceAll(":", "-")}.json`;
  writeFileSync(file, `${json}\n`);
  if (values.json === true) {
    console.log(json);
    return;
  }
  console.log(
    `${settingText(setting)}\n\n${peers.length > 0 ? peersText(peers, reports) : benchText(reports)}`,
  );
  for (const line of missed) console.log(`\nMISSED  ${line}`);
  say(`\nwritten to ${file}`);
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        peers: { type: "boolean" },
        only: { type: "string", multiple: true },
        rounds: { type: "string" },
        quick: { type: "boolean" },
        json: { type: "boolean" },
        list: { type: "boolean" },
        help: { type: "boolean" },
      },
    });
  } catch (error) {
    complain(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    process.exit();
  }
}

function complain(message: string): void {
  console.error(message);
  process.exitCode = 1;
}
