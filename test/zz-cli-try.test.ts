import { test } from "vitest";
import { run } from "/work/main/src/cli/main.js";
async function cli(...argv: string[]) {
  let out = "";
  const t = performance.now();
  const code = await run(argv, { stdout: (t) => (out += t), stderr: (t) => (out += t), isTTY: false, columns: 110, env: {} });
  console.log(`$ rein ${argv.join(" ")} -> ${code} ${performance.now()-t} ms\n${out}`);
}
test("x", async () => {
  await cli("replay", "/tmp/rt/state");
  await cli("replay", "/tmp/rt/state2");
  await cli("replay", "/tmp/rt/state2", "--json");
  await cli("replay", "/tmp/rt");
  await cli("replay", "/tmp/rt/state2", "-p", "x");
  await cli("replay", "/tmp/rt/state2", "--continuous");
  await cli("replay", "/tmp/rt/r.test.ts");
}, 60000);
