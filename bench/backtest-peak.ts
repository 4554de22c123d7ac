// Loaded before a program (node --import): writes its peak of resident memory, in bytes, to a file when it exits.
import { writeFileSync } from "node:fs";

const file = process.env["REIN_BENCH_PEAK"];
if (file === undefined) throw new Error("REIN_BENCH_PEAK names no file");
process.on("exit", () => {
  writeFileSync(file, String(process.resourceUsage().maxRSS * 1024));
});
