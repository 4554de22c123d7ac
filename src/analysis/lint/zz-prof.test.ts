import { test } from "vitest";
import { compilePolicy, type RuleInput } from "../../policy/index.js";
import { lintPolicy } from "./index.js";
test("prof", () => {
  for (const n of [1000, 10000]) for (const [name, match] of [
    ["names", (i: number): object => ({ series: `tool_${i}` })],
    ["globs", (i: number): object => ({ source: `agent-${i}-*`, series: [`t${i % 50}_*`, "*_x"] })],
    ["long", (i: number): object => ({ series: Array.from({ length: 60 }, (_, k) => `*${"?".repeat((i + k) % 40)}a${k}*b${i % 7}*`) })],
  ] as const) {
  if (n === 10000 && name === "long") continue;
  const rules = Array.from({ length: n }, (_each, i): RuleInput => {
      const rest = { id: `r${i}`, match: match(i) };
      if (i % 3 === 0) return { kind: "access", effect: "deny", ...rest } as RuleInput;
      if (i % 3 === 1) return { kind: "rate", limit: 1 + (i % 97), window: "1m", per: "source", ...rest } as RuleInput;
      return { kind: "budget", measure: "usd", limit: 1 + (i % 89), window: "1d", ...rest } as RuleInput;
    });
  const policy = compilePolicy(rules);
  const t0 = performance.now(); const f = lintPolicy(policy); console.log(n, name, performance.now()-t0, f.length);
  }
}, 500_000);
