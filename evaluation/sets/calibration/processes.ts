import type { RandomSource } from "./runs.js";

/** A stream of x in [0, 1]; it may look at the evidence, as an adversary would. */
export interface Process {
  readonly name: string;
  /** Whether each x has a mean of at most `MEAN`, given all that came before. */
  readonly isNull: boolean;
  readonly start: (random: RandomSource) => (evidence: number, n: number) => number;
}

/** The bound that denials are held against. */
export const MEAN = 0.2;

export const PROCESSES: readonly Process[] = [
  independent("independent, at the edge (.2)", () => MEAN),
  independent("independent, .1", () => 0.1),
  independent("independent, .05", () => 0.05),
  independent("days at the edge, nights at .01, 500 events each", (_, n) => (n % 1000 < 500 ? MEAN : 0.01)),
  independent("at the edge only while the evidence is above 15", (evidence) => (evidence > 15 ? MEAN : 0.01)),
  afterwards("sticky: at the edge after a denial, else .05", MEAN, 0.05),
  afterwards("shy: .02 after a denial, else at the edge", 0.02, MEAN),
  {
    name: "reinforced: an urn of denials, up to the edge",
    isNull: true,
    start: (random) => {
      let denied = 1;
      return (_, n) => {
        const x = random() < Math.min(denied / (n + 10), MEAN) ? 1 : 0;
        denied += x;
        return x;
      };
    },
  },
  { name: "parts: uniform up to .4", isNull: true, start: (random) => () => 2 * MEAN * random() },
  {
    name: "parts: 1 or ½, at the edge",
    isNull: true,
    start: (random) => () => {
      const u = random();
      return u < 0.1 ? 1 : u < 0.3 ? 0.5 : 0;
    },
  },
  {
    name: "batches of 20 that share their luck, each counted as one observation",
    isNull: true,
    start: (random) => () => {
      const share = random() < 0.25 ? 4 * MEAN : 0;
      let denied = 0;
      for (let i = 0; i < 20; i++) if (random() < share) denied += 1;
      return denied / 20;
    },
  },
  {
    name: "an adversary: half the way safely, then all on one card",
    isNull: true,
    start: (random) => (evidence) => (evidence < 50 ? MEAN : random() < MEAN ? 1 : 0),
  },
  {
    name: "an adversary: gambles after each loss, rests after a win",
    isNull: true,
    start: (random) => (evidence, n) => (evidence < n ? (random() < MEAN ? 1 : 0) : MEAN),
  },
  runs("NOT a null: 5 % denied, in runs of 5", 5, 0.05),
  runs("NOT a null: 5 % denied, each tried 3 times", 3, 0.05),
  runs("NOT a null: 2 % denied, in batches of 20 that are counted one by one", 20, 0.02),
];

function independent(name: string, share: (evidence: number, n: number) => number): Process {
  return { name, isNull: true, start: (random) => (evidence, n) => (random() < share(evidence, n) ? 1 : 0) };
}

/** A Markov chain: the chance of a denial depends on whether the last event was one. */
function afterwards(name: string, afterDenied: number, afterAllowed: number): Process {
  return {
    name,
    isNull: true,
    start: (random) => {
      let last = 0;
      return () => (last = random() < (last === 1 ? afterDenied : afterAllowed) ? 1 : 0);
    },
  };
}

/** Denials that come `length` in a row, so that after the first of them the mean is 1. */
function runs(name: string, length: number, share: number): Process {
  return {
    name,
    isNull: false,
    start: (random) => {
      let left = 0;
      const begins = share / (length - (length - 1) * share);
      return () => {
        if (left === 0 && random() < begins) left = length;
        if (left === 0) return 0;
        left -= 1;
        return 1;
      };
    },
  };
}
