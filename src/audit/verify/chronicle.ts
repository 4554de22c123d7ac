import { DecisionBook } from "./decisions.js";
import type { OpenDecisions } from "./decisions.js";
import { Incidents } from "./findings.js";
import type { LeafScanner } from "./leaf-scanner.js";
import { Tally } from "./tally.js";
import type { Decisions, Ending, History } from "./verdict.js";

type Fields = Readonly<Record<string, unknown>>;

/** The wall clock of one run may go back this far without a word: clocks are corrected all the time. */
const CLOCK_TOLERANCE_MS = 500;
/** Runs that are followed at a time. */
const RUNS_MAX = 4096;
/** The log's own records belong to no run: their times are those of the process that writes. */
const WRITER = "";

/** One run of a governor, or of the process that writes the log. */
interface Run {
  readonly boot: string;
  readonly open: OpenDecisions;
  /** Index and times of its newest record. */
  index: number;
  at: number;
  mono: number;
  /** The latest wall time so far. */
  latest: number;
  /** It said that it ended. */
  isClosed: boolean;
}

/** Types whose records are read in full; all others are counted by what the scanner knows. */
const TOLD: ReadonlySet<string> = new Set([
  ...["log.begin", "log.open", "log.close", "log.recovered", "log.redacted", "log.retention", "key.rotate"],
  ...["gap", "open", "close", "clock", "receipt", "anchor.receipt"],
]);

/**
 * Reads the log as a story: runs that begin and end, decisions and their outcomes, clocks, gaps, silence. Nothing of
 * this makes a log invalid, for all of it was signed; it is what an auditor asks next.
 */
export class Chronicle {
  readonly decisions = new DecisionBook();
  /** The first time at which something was written. */
  lastAt = NaN;
  readonly #silenceMs: number;
  readonly #runs = new Map<string, Run>();
  readonly #types = new Tally();
  readonly #recoveries = new Incidents();
  readonly #gaps = new Incidents();
  readonly #unrecordedSteps = new Incidents();
  readonly #silences = new Incidents();
  readonly #retention = new Incidents();
  #run: Run | undefined;
  /** The record before, to measure silence from. */
  #before: Run | undefined;
  #lost: number | null = 0;
  #clockAt = -1;
  #lastOpen = { boot: "", index: -1 };
  #lastType = "";
  #typeBefore = "";

  /** @param silenceMs the longest that one run may write nothing */
  constructor(silenceMs: number) {
    this.#silenceMs = silenceMs;
  }

  /** The type of the newest record. */
  get lastType(): string {
    return this.#lastType;
  }

  /** Whether the log is closed: after that only an opening may follow. */
  get isClosed(): boolean {
    return (
      this.#lastType === "log.close" || (this.#lastType === "key.rotate" && this.#typeBefore === "log.close")
    );
  }

  /** Takes in a record. @param fields reads all of it, when it is asked for */
  see(leaf: LeafScanner, index: number, fields: () => Fields): Fields | undefined {
    const { type, at, mono } = leaf;
    this.#types.count(type);
    this.#typeBefore = this.#lastType;
    this.#lastType = type;
    const whole = TOLD.has(type) ? fields() : undefined;
    if (type === "log.open" || type === "log.begin") this.#runs.delete(WRITER);
    const run = this.#runOf(leaf.boot);
    if (mono === mono) this.#checkSilence(run, index, mono);
    if (whole !== undefined) this.#tell(type, whole, run, index, at);
    else if (type === "gate") {
      this.decisions.total++;
      if (leaf.verdict === "allow") this.decisions.allow(run.open, leaf.seq, index);
    } else if (type === "settle" || type === "cancel") this.decisions.answer(run.open, leaf.seq);
    this.#checkClock(run, index, at, mono);
    run.index = index;
    if (at === at) {
      run.at = this.lastAt = at;
      if (!(at <= run.latest)) run.latest = at;
    }
    if (mono === mono) run.mono = mono;
    this.#before = mono === mono ? run : undefined;
    return whole;
  }

  ending(size: number): Ending {
    const at = Number.isFinite(this.lastAt) ? this.lastAt : null;
    return { state: size === 0 ? "empty" : this.isClosed ? "closed" : "open", at };
  }

  history(): History {
    const { number } = this.#types;
    return {
      starts: number("log.begin") + number("log.open"),
      closes: number("log.close"),
      recoveries: this.#recoveries.listed(),
      gaps: this.#gaps.listed(),
      lost: this.#lost,
      clockSteps: number("clock"),
      unrecordedSteps: this.#unrecordedSteps.listed(),
      silences: this.#silences.listed(),
      retention: this.#retention.listed(),
      redactions: number("log.redacted"),
      rotations: number("key.rotate"),
      types: this.#types.result(),
    };
  }

  /** What came of the decisions, at the end. */
  answers(): Decisions {
    let inFlight = 0;
    for (const run of this.#runs.values()) {
      if (this.#isBrokenOff(run)) this.decisions.breakOff(run.open);
      else inFlight += run.open.size;
    }
    return this.decisions.result(inFlight);
  }

  #runOf(boot: string): Run {
    if (this.#run !== undefined && this.#run.boot === boot && this.#runs.get(boot) === this.#run)
      return this.#run;
    let run = this.#runs.get(boot);
    if (run === undefined) {
      if (this.#runs.size >= RUNS_MAX) this.#forgetOldest();
      run = { boot, open: new Map(), index: -1, at: NaN, mono: NaN, latest: NaN, isClosed: false };
      this.#runs.set(boot, run);
    }
    return (this.#run = run);
  }

  #forgetOldest(): void {
    let oldest: Run | undefined;
    for (const run of this.#runs.values()) {
      if (oldest === undefined || run.index < oldest.index) oldest = run;
    }
    if (oldest === undefined) return;
    this.decisions.breakOff(oldest.open);
    this.#runs.delete(oldest.boot);
  }

  #isBrokenOff(run: Run): boolean {
    return this.#lastOpen.boot !== run.boot && this.#lastOpen.index > run.index;
  }

  #tell(type: string, fields: Fields, run: Run, index: number, at: number): void {
    switch (type) {
      case "open":
        this.#lastOpen = { boot: run.boot, index };
        return;
      case "close":
        this.decisions.close(run.open, countOf(fields["unsettled"]), index, at, run.boot);
        run.isClosed = true;
        return;
      case "receipt":
        this.#answerHalted(fields["inFlight"]);
        return;
      case "clock":
        // What it says about its own run it says before anything else has the new time.
        run.latest = at;
        this.#clockAt = index;
        return;
      case "gap": {
        const lost = fields["lost"];
        const isCounted = typeof lost === "number" && Number.isFinite(lost);
        this.#lost = isCounted && this.#lost !== null ? this.#lost + lost : null;
        this.#gaps.add(
          index,
          at,
          `${isCounted ? lost : "unknown many"} records are missing: ${wordsOf(fields["reason"])}`,
        );
        return;
      }
      case "log.recovered": {
        const cut = countOf(fields["bytes"]);
        const where =
          cut > 0
            ? `${cut} bytes were cut and are in quarantine/${wordsOf(fields["file"])}`
            : "nothing was cut";
        this.#recoveries.add(
          index,
          at,
          `recovered from record ${wordsOf(fields["from"])} on: ${where} (${wordsOf(fields["why"])})`,
        );
        return;
      }
      case "log.retention": {
        const { from, to } = (fields["removed"] ?? {}) as { from?: unknown; to?: unknown };
        const who = `${wordsOf(fields["by"])}, ${wordsOf(fields["reason"])}`;
        this.#retention.add(index, at, `records ${wordsOf(from)} to ${Number(to) - 1} were removed (${who})`);
        return;
      }
    }
  }

  /** A halt says what became of the actions that it stopped. */
  #answerHalted(inFlight: unknown): void {
    if (!Array.isArray(inFlight)) return;
    for (const { id } of inFlight as { readonly id?: unknown }[]) {
      const [, boot, seq] = typeof id === "string" ? (/^(.{1,40})\.([0-9a-z]{1,11})$/.exec(id) ?? []) : [];
      const run = boot === undefined ? undefined : this.#runs.get(boot);
      if (run !== undefined && seq !== undefined) this.decisions.answer(run.open, Number.parseInt(seq, 36));
    }
  }

  #checkClock(run: Run, index: number, at: number, mono: number): void {
    if (run.boot === WRITER || !(at < run.latest - CLOCK_TOLERANCE_MS)) return;
    if (mono >= run.mono && this.#clockAt < run.index) {
      const back = Math.round((run.latest - at) / 100) / 10;
      this.#unrecordedSteps.add(
        index,
        at,
        `the wall clock of run ${run.boot} went back by ${back} s, and no record says so`,
      );
    }
    run.latest = at;
  }

  /** Measured by the monotonic clock of the run that wrote last. */
  #checkSilence(run: Run, index: number, mono: number): void {
    const before = this.#before;
    if (before === undefined || run.index < 0) return;
    // Another run's record lies between: its wall time, on this run's monotonic clock. After a set clock nobody knows.
    const isComparable = run === before || this.#clockAt < run.index;
    const since = run === before ? run.mono : before.at - (run.at - run.mono);
    const ms = mono - since;
    if (!isComparable || !(ms > this.#silenceMs)) return;
    this.#silences.add(
      index,
      run.at,
      `nothing was written for ${Math.round(ms / 1000)} s, and a heartbeat is due every 10 s`,
    );
  }
}

function countOf(value: unknown): number {
  return typeof value === "number" && value > 0 ? value : 0;
}

/** A value of a record inside a sentence. */
function wordsOf(value: unknown): string {
  if (typeof value === "string") return value.slice(0, 200);
  return typeof value === "number" ? String(value) : "it does not say";
}
