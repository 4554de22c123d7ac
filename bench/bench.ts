/** What a run was asked for. */
export interface RunOptions {
  /** Fewer samples: shows that the benchmark works, and roughly how fast things are. */
  readonly quick: boolean;
}

/** One number of a benchmark's result, in the order in which it is shown. */
export interface Metric {
  readonly name: string;
  readonly unit: "us" | "ms" | "ns" | "bytes" | "MB" | "count" | "x";
  readonly value: number;
  /** The most it may be; a bar of the project. */
  readonly bar?: number;
}

/** What one process measured, with anything worth reading that is no number. */
export interface Result {
  readonly metrics: readonly Metric[];
  readonly notes?: readonly string[];
}

/** One variant: runs alone in a fresh process. */
export interface Bench {
  /** `group/variant`. */
  readonly name: string;
  readonly about: string;
  run(options: RunOptions): Promise<Result> | Result;
}
