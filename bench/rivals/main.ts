// The red team against other libraries; see docs/rivals.md.
import { parseArgs } from "node:util";
import { DOMAINS } from "../../src/redteam/attack.js";
import type { Domain } from "../../src/redteam/attack.js";
import { installPeers } from "../peers/install.js";
import { agentGovernanceSdk } from "./agent-governance-sdk.js";
import { aiSdk } from "./ai-sdk.js";
import { NOTHING, REFUSE_ALL } from "./anchors.js";
import { agreement } from "./agreement.js";
import type { Contestant } from "./contestant.js";
import { FIXED_RULES } from "./fixed.js";
import { langchain } from "./langchain.js";
import { REIN } from "./rein.js";
import { reinAi } from "./rein-ai.js";
import { scoreboardText } from "./report.js";
import { scoreOf, trialsOf } from "./scoreboard.js";
import type { Score, ScoreOptions } from "./scoreboard.js";

const HELP = `Usage: npm run bench:rivals -- [options]

  --only ID       only this contestant; may be given several times
  --attack ID     only this attack; may be given several times
  --domain NAME   only this domain (${DOMAINS.join(", ")}); may be given several times
  --sessions N    honest sessions in each domain (20)
  --seed N        all chance comes from it (1)
  --json          print the results as JSON, with each attack and each session
  --help          print this

Installs the other libraries into bench/peers and build/peers first. What cannot be installed is said, and missing.`;

/** Everybody, in the order of the table. A rival is undefined when it is not installed. */
const CONTESTANTS: readonly (readonly [string, () => Promise<Contestant | undefined>])[] = [
  ["rein", async () => REIN],
  ["ai-sdk", aiSdk],
  ["langchain", langchain],
  ["agent-governance-sdk", agentGovernanceSdk],
  ["rein-ai", reinAi],
  ["fixed-rules", async () => FIXED_RULES],
  ["nothing", async () => NOTHING],
  ["refuse-all", async () => REFUSE_ALL],
];

// Where a promise is never settled Node ends without a word: then this is what is left.
process.exitCode = 1;
try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 1;
}

/** @returns the exit code */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: "string", multiple: true },
      attack: { type: "string", multiple: true },
      domain: { type: "string", multiple: true },
      sessions: { type: "string", default: "20" },
      seed: { type: "string", default: "1" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const options: ScoreOptions = {
    seed: wholeNumber("seed", values.seed),
    sessions: wholeNumber("sessions", values.sessions),
    domains: domainsOf(values.domain),
    attacks: values.attack,
    say: progress,
  };
  const known = new Set(trialsOf({ domains: options.domains }).map(({ attack }) => attack.id));
  const unknown = values.attack?.find((id) => !known.has(id));
  if (unknown !== undefined) throw new Error(`no attack \`${unknown}\` in ${options.domains.join(", ")}`);
  const ids = CONTESTANTS.map(([id]) => id);
  const stranger = values.only?.find((id) => !ids.includes(id));
  if (stranger !== undefined) throw new Error(`no contestant \`${stranger}\`; there are ${ids.join(", ")}`);
  const chosen = CONTESTANTS.filter(([id]) => values.only?.includes(id) ?? true);

  installPeers((line) => console.error(line));
  const began = performance.now();
  const scores: Score[] = [];
  const skipped: string[] = [];
  for (const [id, open] of chosen) {
    const contestant = await open();
    if (contestant === undefined) {
      skipped.push(id);
      continue;
    }
    try {
      scores.push(await scoreOf(contestant, options));
    } finally {
      await contestant.close?.();
    }
  }
  const rein = scores.find(({ id }) => id === REIN.id);
  const agrees = rein === undefined ? null : await agreement(rein, options);
  const { seed, sessions, domains } = options;
  const board = {
    seed,
    sessions,
    domains,
    agrees,
    skipped,
    scores,
    seconds: (performance.now() - began) / 1000,
  };
  console.log(values.json ? JSON.stringify(board, null, 2) : scoreboardText(board));
  return agrees !== null && agrees.differences.length > 0 ? 1 : 0;
}

function domainsOf(names: readonly string[] = DOMAINS): readonly Domain[] {
  const unknown = names.find((name) => !DOMAINS.includes(name as Domain));
  if (unknown !== undefined) throw new Error(`no domain \`${unknown}\`; there are ${DOMAINS.join(", ")}`);
  return names as readonly Domain[];
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  throw new Error(`--${name} is a whole number, not ${text}`);
}

/** One line that is written over, where somebody looks. */
function progress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${line}`);
}
