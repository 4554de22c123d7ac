// A governed loop that never lets the event loop turn: node busy.mjs DIR

// Made by the test that runs this.
const { Rein } = await import(new URL("../../../build/under-test/dist/index.js", import.meta.url).href);

const [dir] = process.argv.slice(2);
/** @param {object} value */
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const rein = await Rein.open({
  policy: [{ kind: "rate", limit: 1e9, window: "1s" }],
  mode: "enforce",
  dir,
  logger: quiet,
});
const decision = rein.gate({ source: "agent", series: "spin" });
say({ kind: "ready" });
await new Promise((resolve) => setTimeout(resolve, 20));
const giveUpAt = Date.now() + 20_000;
let passed = 0;
/** @type {any} */
let stopped;
while (stopped === undefined && Date.now() < giveUpAt) {
  try {
    decision.permit.check();
    passed += 1;
  } catch (error) {
    stopped = error;
  }
}
say({ kind: "stopped", at: Date.now(), passed, message: stopped?.message ?? null });
const again = rein.gate({ source: "agent", series: "spin" });
say({ kind: "gate", allowed: again.allowed, code: again.refusal?.code });
await new Promise((resolve) => setTimeout(resolve, 300));
await rein.close();
process.exit(0);
