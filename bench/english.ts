import { compilePolicy } from "rein";
import type { CompiledPolicy } from "rein";
import { CORPUS } from "../test/english/corpus/index.js";
import type { Entry } from "../test/english/entry.js";
import { isFulfilled, verdictOf } from "../test/english/verdict.js";
import type { Bench, Metric, Result, RunOptions } from "./bench.js";
import { manySentences, matchingSentences, otherSentences } from "./english-workload.js";
import { theirVerdicts } from "./peers/english.js";
import { timeBatches, timeEach } from "./timing.js";
import { gateAndSettle, inTurn, openRein, THOUSAND_LANES } from "./workload.js";

/** Policies in English: how fast they are compiled and asked, and how well they are understood. */
export const ENGLISH: readonly Bench[] = [
  { name: "english/compile", about: "compilePolicy, 1,000 sentences of all kinds", run: compileThousand },
  {
    name: "english/gate",
    about: "gate + settle, 1,000 rules in English of which 5 match, against those 5 alone",
    run: gateThousand,
  },
  {
    name: "english/corpus, rein",
    about: "the sentences of test/english, compiled and run: what became of them",
    run: async () => tally(await Promise.all(SENTENCES.map(async ({ entry }) => ours(entry)))),
  },
  {
    name: "english/corpus, rein-ai",
    about: "the same sentences through rein-ai 1.1.0, its typed parameters compared with what they say",
    run: () => {
      const verdicts = theirVerdicts(SENTENCES.map(({ entry }) => entry));
      return verdicts === undefined ? MISSING : tally(verdicts);
    },
  },
];

/** What a compiler made of a sentence. `dropped`: neither a rule nor a word about it. */
export type Became = "right" | "refused" | "misread" | "dropped";

const MISSING: Result = {
  metrics: [],
  notes: ["SKIPPED: rein-ai is not installed; `npm run bench -- --peers` installs it"],
};

const SENTENCES = Object.entries(CORPUS).flatMap(([group, entries]) =>
  entries.map((entry) => ({ group, entry })),
);

async function ours(entry: Entry): Promise<Became> {
  const verdict = await verdictOf(entry);
  return isFulfilled(entry, verdict) || verdict.is !== "right" ? verdict.is : "misread";
}

/** The sums, and a line for every group of sentences. */
function tally(became: readonly Became[]): Result {
  const count = (of: Became, keeps: (group: string, entry: Entry) => boolean): number =>
    SENTENCES.filter(({ group, entry }, i) => became[i] === of && keeps(group, entry)).length;
  const metrics: Metric[] = [
    { name: "sentences", unit: "count", value: SENTENCES.length },
    ...(["right", "refused", "misread", "dropped"] as const).map((of): Metric => {
      return { name: of, unit: "count", value: count(of, () => true) };
    }),
    {
      name: "right of the plain ones",
      unit: "count",
      value: count("right", (_, { duty }) => duty === "accept"),
    },
    {
      name: "refused of those to refuse",
      unit: "count",
      value: count("refused", (_, { duty }) => duty === "refuse"),
    },
  ];
  const notes = Object.keys(CORPUS).map((name) => {
    const cells = (["right", "refused", "misread", "dropped"] as const).map(
      (of) => `${of} ${String(count(of, (group) => group === name)).padStart(3)}`,
    );
    return `${name.padEnd(26)} ${String(CORPUS[name]!.length).padStart(4)}:  ${cells.join("  ")}`;
  });
  return { metrics, notes };
}

function compileThousand({ quick }: RunOptions): Result {
  const sentences = manySentences(1000);
  // The first time is what a program pays when it starts: nothing is warm.
  const cold = timed(sentences);
  const warm = Array.from({ length: quick ? 5 : 25 }, () => timed(sentences)).sort((a, b) => a - b);
  return {
    metrics: [
      { name: "cold", unit: "ms", value: cold },
      { name: "p50", unit: "ms", value: warm[warm.length >> 1]!, bar: 100 },
      { name: "max", unit: "ms", value: warm.at(-1)! },
    ],
  };
}

function timed(sentences: readonly string[]): number {
  const from = performance.now();
  const { rules } = compilePolicy(sentences);
  const ms = performance.now() - from;
  if (rules.length !== sentences.length)
    throw new Error(`${rules.length} rules of ${sentences.length} sentences`);
  return ms;
}

async function gateThousand({ quick }: RunOptions): Promise<Result> {
  const few = compilePolicy(matchingSentences());
  const many = compilePolicy([...matchingSentences(), ...otherSentences(1000 - matchingSentences().length)]);
  const [fewUs, manyUs] = [await cost(few, quick), await cost(many, quick)];
  return {
    metrics: [
      { name: "p50, 5 rules", unit: "us", value: fewUs.p50 },
      { name: "p50, 1,000", unit: "us", value: manyUs.p50 },
      { name: "ratio of p50", unit: "x", value: manyUs.p50 / fewUs.p50, bar: 1.2 },
      { name: "ratio of means", unit: "x", value: manyUs.mean / fewUs.mean },
    ],
  };
}

async function cost(policy: CompiledPolicy, quick: boolean): Promise<{ p50: number; mean: number }> {
  const rein = await openRein(policy.rules);
  const call = gateAndSettle(rein, inTurn(THOUSAND_LANES));
  for (let i = 0; i < 200_000; i++) call();
  const { p50 } = timeEach(call, quick ? 100_000 : 1_000_000);
  const { mean } = await timeBatches(call, quick);
  await rein.close();
  return { p50, mean };
}
