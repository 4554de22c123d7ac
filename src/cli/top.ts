import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { InvalidArgumentError } from "commander";
import type { Command } from "commander";
import { messageOf } from "../core/errors.js";
import { parseDuration } from "../core/duration.js";
import type { StateReader } from "../rein/reading.js";
import { nodeDisk } from "../store/index.js";
import { highestOf, readOwnerFiles, seemsAlive } from "../store/owner-file.js";
import type { Io } from "./io.js";
import { LiveTable } from "./live-table.js";
import { endOfLog } from "./record-scan.js";
import { addStateOptions, inStateDir, openState, STATE_HELP, stateDirOf, thisUser } from "./state-dir.js";
import type { StateFlags } from "./state-dir.js";
import { summarize } from "./summary.js";
import { TrafficModel } from "./top-model.js";
import { topJson, topLines } from "./top-view.js";
import type { Frame } from "./top-view.js";

interface TopFlags extends StateFlags {
  readonly interval?: number;
  readonly once?: true;
}

/** What the view needs of the program around it; tests give their own. */
export interface TopSystem {
  now(): number;
  /** Waits; an aborted signal ends it early, without an error. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Hears single keys; returns how to stop hearing. */
  onKey(listener: (key: string) => void): () => void;
  /** Nobody reads what is printed any more. */
  isUnread(): boolean;
}

const INTERVAL_MS = 1000;
const MIN_INTERVAL_MS = 100;
/** The share of the time that may go into reading; a governor that is faster than that is followed at a distance. */
const READING_SHARE = 0.7;

const HELP = `${STATE_HELP}

Every second it shows what was decided in the last minute, what is stopped, which
budgets are nearly spent, and what was refused last. Into a pipe it prints one
block for each refresh. \`rein explain ID\` says more about a refusal.

Examples:
  rein top
  rein top --interval 5s
  rein top --once                  one look
  rein top --json >> top.jsonl     one JSON document a line

Ends with q or Ctrl-C. Exit codes: 0 ended by q, or shown once · 1 could not run`;

/** \`rein top\`: a governor at work. */
export function addTop(
  program: Command,
  io: Io,
  exit: (code: number) => void,
  system: TopSystem = processSystem,
): void {
  const command = program
    .command("top")
    .summary("watch decisions, budgets and refusals live")
    .description("Watch a governor at work: decisions, the busiest lanes, budgets, refusals.");
  addStateOptions(command)
    .option("-i, --interval <duration>", "between two refreshes (default: 1s)", parseInterval)
    .option("--once", "show one refresh and end")
    .addHelpText("after", HELP)
    .action(async (flags: TopFlags) => {
      exit(await top(flags, io, system));
    });
}

async function top(flags: TopFlags, io: Io, system: TopSystem): Promise<number> {
  const dir = stateDirOf(flags, io);
  const intervalMs = flags.interval ?? INTERVAL_MS;
  return inStateDir(dir, "top", async () => {
    const watch = new Watch(dir, io, system);
    if (flags.once === true) {
      const frame = watch.look(intervalMs);
      if (flags.json === true) io.stdout(topJson(frame));
      else io.stdout(`${topLines(frame, io).join("\n")}\n`);
      return 0;
    }
    await follow(watch, intervalMs, flags.json === true, io, system);
    return 0;
  });
}

async function follow(
  watch: Watch,
  intervalMs: number,
  json: boolean,
  io: Io,
  system: TopSystem,
): Promise<void> {
  const ended = new AbortController();
  const stopHearing = system.onKey((key) => {
    if (key === "q" || key === "Q" || key === "\u0003") ended.abort();
  });
  using table = new LiveTable(io);
  try {
    while (!ended.signal.aborted && !system.isUnread()) {
      const startedAt = performance.now();
      const frame = watch.look(intervalMs);
      if (json) io.stdout(topJson(frame));
      else table.draw(topLines(frame, io));
      await system.sleep(Math.max(0, intervalMs - (performance.now() - startedAt)), ended.signal);
    }
  } finally {
    stopHearing();
  }
}

/** Follows one governor over its restarts. */
class Watch {
  readonly #dir: string;
  readonly #io: Io;
  readonly #system: TopSystem;
  readonly #traffic = new TrafficModel();
  #reader: StateReader;
  /** Who owned the directory when it was opened. */
  #owner: string;
  /** Something failed: the state is opened anew. */
  #isStale = false;
  #last: Frame | null = null;

  /** @throws ReinError when there is nothing to be seen at first; later on it is shown and tried again */
  constructor(dir: string, io: Io, system: TopSystem) {
    this.#dir = dir;
    this.#io = io;
    this.#system = system;
    this.#owner = this.#ownerNow();
    this.#reader = this.#open(false);
  }

  /** Takes in what is new. What cannot be read for a while stays as it was last seen. */
  look(intervalMs: number): Frame {
    const now = this.#system.now();
    try {
      this.#follow(intervalMs * READING_SHARE);
      const summary = summarize(this.#reader, now);
      const frame = { summary, traffic: this.#traffic.look(now), behind: this.#behind(), trouble: null };
      return (this.#last = frame);
    } catch (error) {
      if (this.#last === null) throw error;
      this.#isStale = true;
      return { ...this.#last, trouble: messageOf(error) };
    }
  }

  #follow(forMs: number): void {
    const owner = this.#ownerNow();
    if (this.#isStale || owner !== this.#owner) {
      this.#isStale = true;
      this.#reader = this.#open(true);
      this.#owner = owner;
      this.#isStale = false;
    }
    const until = performance.now() + forMs;
    while (this.#reader.poll() > 0 && performance.now() < until);
  }

  #open(quiet: boolean): StateReader {
    return openState(this.#dir, this.#io, {
      quiet,
      onRecord: (record) => {
        this.#traffic.note(record);
      },
      onEffect: (effect) => {
        this.#traffic.noteEffect(effect, this.#system.now());
      },
    });
  }

  /** Told apart from every other owner, and from itself when it is gone. */
  #ownerNow(): string {
    const owner = highestOf(readOwnerFiles(nodeDisk, this.#dir));
    if (owner === undefined) return "";
    const isAlive = seemsAlive(nodeDisk, owner, thisUser(), Date.now());
    return `${owner.facts?.nonce ?? ""} ${isAlive}`;
  }

  /** Records that are written and have not been taken in. */
  #behind(): number {
    const { position } = this.#reader;
    if (position === null) return 0;
    const records = endOfLog(nodeDisk, this.#reader.log) - position;
    return records > IGNORED_RECORDS ? records : 0;
  }
}

/** What came while the look was drawn is no delay. */
const IGNORED_RECORDS = 5_000;

function parseInterval(text: string): number {
  const ms = parseDuration(text);
  if (ms === null || ms < MIN_INTERVAL_MS || ms > 3_600_000)
    throw new InvalidArgumentError("Write a duration from 100ms to 1h, such as 1s.");
  return ms;
}

const processSystem: TopSystem = {
  now: Date.now,
  async sleep(ms, signal) {
    await delay(ms, undefined, { signal }).catch(() => undefined);
  },
  onKey(listener) {
    const { stdin } = process;
    if (!stdin.isTTY || !process.stdout.isTTY) return () => undefined;
    const hear = (data: Buffer): void => {
      const key = data.toString("latin1");
      if (key !== "\u001a") {
        listener(key);
        return;
      }
      // While keys come one by one, the terminal makes no signals of them.
      stdin.setRawMode(false);
      process.kill(process.pid, "SIGTSTP");
    };
    const goOn = (): void => {
      stdin.setRawMode(true);
    };
    stdin.setRawMode(true);
    stdin.on("data", hear);
    stdin.resume();
    process.on("SIGCONT", goOn);
    return () => {
      process.off("SIGCONT", goOn);
      stdin.off("data", hear);
      stdin.setRawMode(false);
      stdin.pause();
    };
  },
  isUnread() {
    reader ??= watchReader();
    return reader.isGone;
  },
};

let reader: { readonly isGone: boolean } | undefined;

/** Standard output is never destroyed: that nobody reads it is told once, by an error. */
function watchReader(): { readonly isGone: boolean } {
  const found = { isGone: process.stdout.destroyed };
  process.stdout.once("error", () => {
    found.isGone = true;
  });
  return found;
}
