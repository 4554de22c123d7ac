// A governor on a shared log: node share-governor.mjs DIR [OPTIONS as JSON]. Numbers its actions, and says up to which one
// everything is durable. OPTIONS: burst, everyMs, audit (options of `audit` besides `dir`), dir (of its own state)

// Made by the test that runs this.
const { Rein } = await import(new URL("../../../build/under-test/dist/index.js", import.meta.url).href);

const [shared, text = "{}"] = process.argv.slice(2);
const { burst = 20, everyMs = 2, audit = {}, dir, busyMs = 0 } = JSON.parse(text);
/** @param {object} value */
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const quiet = {
  info: () => undefined,
  warn: (/** @type {string} */ message) => say({ kind: "warning", message }),
  error: (/** @type {string} */ message) => say({ kind: "error", message }),
};
const options = { mode: "enforce", policy: [{ kind: "rate", limit: 1e9, window: "1s" }], logger: quiet };
const rein = await Rein.open({
  ...options,
  ...(dir && { dir }),
  audit: { dir: shared, durability: "durable", ...audit },
}).catch((/** @type {any} */ error) => {
  say({ kind: "refused", code: error.code, message: error.message });
  process.exit(1);
});
let count = 0;
let isStopping = false;
process.stdin.on("data", (said) => (isStopping ||= said.toString().includes("stop")));
say({ kind: "ready" });
while (!isStopping) {
  for (let k = 0; k < burst; k++) {
    const decision = rein.gate({
      source: `agent-${process.pid}`,
      series: "work",
      cost: { usd: 0.000001 * (count + 1) },
    });
    if (!decision.allowed) {
      say({ kind: "blocked", code: decision.refusal.code });
      break;
    }
    decision.permit.settle({ ok: true });
    count += 1;
  }
  const upTo = count;
  try {
    await rein.flush();
    say({ kind: "durable", count: upTo });
  } catch (error) {
    say({
      kind: "failed",
      code: /** @type {any} */ (error).code,
      message: /** @type {any} */ (error).message,
    });
  }
  for (const until = performance.now() + busyMs; performance.now() < until;);
  await new Promise((resolve) => setTimeout(resolve, everyMs));
}
await rein.close();
say({ kind: "done", count });
