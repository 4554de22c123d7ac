// Governs until there are so many megabytes of records, and then dies: node durable-writer.js DIR MEGABYTES
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { gateAndSettle, inTurn, openRein, THOUSAND_LANES, TWENTY_RULES } from "./workload.js";

const [dir, megabytes] = process.argv.slice(2) as [string, string];
const rein = await openRein(TWENTY_RULES, { dir, config: { maxRecordsMb: 4096 } });
const call = gateAndSettle(rein, inTurn(THOUSAND_LANES));
for (;;) {
  for (let i = 0; i < 20_000; i++) call();
  // As in a program that awaits its actions.
  await new Promise((resolve) => setTimeout(resolve, 1));
  const bytes = readdirSync(dir)
    .filter((name) => name.startsWith("records-"))
    .reduce((sum, name) => sum + statSync(join(dir, name)).size, 0);
  if (bytes >= Number(megabytes) * 2 ** 20) process.kill(process.pid, "SIGKILL");
}
