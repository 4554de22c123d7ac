// Runs one benchmark in this process and prints its result as one line of JSON; main.ts starts it.
import { BENCHES } from "./benches.js";
import { PEERS } from "./peers/peers.js";

const [name, ...flags] = process.argv.slice(2);
const bench = [...BENCHES, ...PEERS].find((candidate) => candidate.name === name);
if (bench === undefined) throw new Error(`there is no benchmark ${name}`);
const result = await bench.run({ quick: flags.includes("--quick") });
process.stdout.write(`${JSON.stringify(result)}\n`, () => {
  // What a benchmark left open is not worth waiting for.
  process.exit(0);
});
