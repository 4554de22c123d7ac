// Spends cents on a server until it is killed or refused: node spender.mjs DIR PORT LIMIT_USD WORKERS
import { Agent, request } from "node:http";

// Made by the test that runs this.
const { Rein } = await import(new URL("../../../build/under-test/dist/index.js", import.meta.url).href);

const [dir, port, limit, workers] = process.argv.slice(2);
/** @param {object} value */
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const quiet = {
  info: () => undefined,
  warn: () => undefined,
  error: (/** @type {string} */ message) => say({ kind: "error", message }),
};

const rein = await Rein.open({
  policy: [{ id: "total", kind: "budget", measure: "usd", limit: Number(limit), window: "forever" }],
  mode: "enforce",
  dir,
  logger: quiet,
});
const agent = new Agent({ keepAlive: true, maxSockets: Number(workers) });

/** One cent, billed by the server when the request arrives. */
const buy = () =>
  new Promise((resolve, reject) => {
    const call = request({ port: Number(port), host: "127.0.0.1", method: "POST", agent }, (response) => {
      response.resume();
      response.on("end", resolve);
    });
    call.on("error", reject);
    call.end();
  });

/** @param {Buffer} text */
const obey = async (text) => {
  const [command, id] = text.toString().trim().split(" ");
  if (command === "halt") {
    const { id, complete } = await rein.halt({ by: "test", reason: "enough" });
    say({ kind: "halted", id, complete });
  }
  if (command === "resume") {
    await rein.resume({ halt: id, by: "test", reason: "go on" });
    say({ kind: "resumed" });
  }
};
process.stdin.on("data", (text) => void obey(text));

say({ kind: "ready", budgets: rein.budgets(), halts: rein.snapshot().halts });

/** @type {any} */
let refusal;
const work = async () => {
  for (;;) {
    const decision = rein.gate({ source: "agent", series: "buy", cost: { usd: 0.01 } });
    if (decision.allowed) {
      await buy();
      decision.permit.settle({ ok: true });
    } else if (decision.refusal.code === "halted") {
      await new Promise((resolve) => setTimeout(resolve, 5));
    } else {
      refusal ??= decision.refusal;
      return;
    }
  }
};
if (Number(workers) === 0) await new Promise(() => undefined);
await Promise.all(Array.from({ length: Number(workers) }, work));
say({ kind: "refused", code: refusal.code });
await rein.close();
process.exit(0);
