// Records into a log with a thread of its own, and ends in some way: node logger.mjs MODE DIR
import threads from "node:worker_threads";
import { syncBuiltinESMExports } from "node:module";

const [mode, dir] = /** @type {[string, string]} */ (process.argv.slice(2));
/** @param {object} value */
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

// The only way to get hold of the thread.
/** @type {threads.Worker[]} */
const workers = [];
const { Worker } = threads;
threads.Worker = class extends Worker {
  /** @param {ConstructorParameters<typeof Worker>} args */
  constructor(...args) {
    super(...args);
    workers.push(this);
  }
};
syncBuiltinESMExports();

// Made by the test that runs this.
const home = new URL("../../../build/under-test/dist/", import.meta.url);
const { openThreadLog } = await import(new URL("rein/thread-log.js", home).href);
const { fileHeads, logPlaces, recoverLog } = await import(new URL("audit/index.js", home).href);
const { nodeDisk } = await import(new URL("store/node-disk.js", home).href);

const headDirs = [logPlaces(dir).heads];
const heads = headDirs.map((/** @type {string} */ path) => fileHeads(nodeDisk, path));
const end = recoverLog({ disk: nodeDisk, dir, heads, origin: "example.com/test" });
const log = await openThreadLog({
  disk: nodeDisk,
  dir,
  end,
  headDirs,
  boot: "boot1234",
  software: "test",
  segmentRecords: 65_536,
  maxBytes: Infinity,
  measures: ["calls"],
  capacity: 1024,
  flushIntervalMs: mode === "limit" ? 20 : 10_000,
  whenFull: "refuse",
  ownerFile: null,
  mustBeOurs: undefined,
  onFailure: (/** @type {Error | undefined} */ error) =>
    say({ kind: "news", text: error?.message ?? "works" }),
  warn: () => undefined,
});
const lane = { source: "agent", series: "tool" };
let seq = 0;
const gate = () => log.decision(++seq, Date.now(), performance.now(), lane, "allow", [1e6], null);
for (let i = 0; i < 500; i++) gate();

/** @type {Record<string, () => unknown>} */
const MODES = {
  /** Ends by itself, with an open log. */
  natural: () => undefined,
  exit: () => process.exit(3),
  throw: () => {
    throw new Error("nobody catches this");
  },
  /** Nothing but the log keeps the process alive. */
  flush: async () => {
    await log.flush(true);
    say({ kind: "flushed" });
  },
  close: async () => {
    await log.close();
    say({ kind: "closed" });
  },
  /** The thread dies. */
  death: async () => {
    const waiting = log.flush(true).catch((/** @type {{ code: string }} */ error) => error.code);
    await workers[0]?.terminate();
    /** @type {unknown} */
    let thrown;
    try {
      log.writeNow(false);
    } catch (error) {
      thrown = /** @type {{ code: string }} */ (error).code;
    }
    gate();
    const later = await log.flush(false).catch((/** @type {{ code: string }} */ error) => error.code);
    await log.close();
    say({ kind: "dead", waiting: await waiting, later, thrown, hasRoom: log.hasRoom(1) });
  },
  /** The disk takes no more, until the test says that it does. */
  limit: async () => {
    say({ kind: "ready" });
    while (log.hasRoom(10)) {
      gate();
      if (seq % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const code = await log.flush(false).catch((/** @type {{ code: string }} */ error) => error.code);
    say({ kind: "refused", code, seq });
    while (!log.hasRoom(10)) await new Promise((resolve) => setTimeout(resolve, 10));
    await log.flush(true);
    await log.close();
    say({ kind: "closed", seq });
  },
  /** Until it is killed: says what is durable. */
  endless: async () => {
    for (;;) {
      for (let i = 0; i < 50; i++) if (log.hasRoom(1)) gate();
      await log.flush(true);
      say({ kind: "durable", seq });
    }
  },
};
await MODES[mode]?.();
