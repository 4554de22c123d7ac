import { createHash } from "node:crypto";
import { LogMaker } from "./make-log.js";
import type { MadeLog } from "./make-log.js";

/** A hash that looks like a pseudonym. */
function pseudonym(of: string): string {
  return createHash("sha256").update(of).digest("base64url").slice(0, 22);
}

function act(log: LogMaker, seq: number, boot: string): void {
  const common = { boot, policy: "9f2c1e5a77d04b6c", seq };
  const mono = seq * 7 + 0.5;
  const verdict = seq % 5 === 4 ? "block" : "allow";
  log.leaf("gate", {
    ...common,
    args: pseudonym(`args ${seq}`),
    cost: { usd: 20_000 + seq },
    ...(verdict === "block" && { code: "rate_limited", rule: "calls-per-second" }),
    mono,
    series: seq % 2 === 0 ? "send_email" : "search",
    source: seq % 7 === 0 ? "planner/süd" : "llm_agent",
    tags: ["recipient", pseudonym(`recipient ${seq % 3}`)],
    verdict,
  });
  if (verdict === "allow") {
    log.leaf("settle", {
      ...common,
      cost: { usd: 11_000 },
      latencyMs: 12.25,
      mono: mono + 3,
      ok: seq % 6 !== 0,
    });
  }
}

function acts(log: LogMaker, from: number, to: number, boot: string): void {
  for (let seq = from; seq < to; seq++) {
    act(log, seq, boot);
    if (seq % 5 === 0) log.checkpoint();
  }
}

const image = (what: string): object => ({
  lanes: Array.from({ length: 40 }, (_, i) => `${what} lane ${i} – ünïcode`),
});

function operate(log: LogMaker, boot: string): void {
  log.leaf("state", { boot, mono: 1 }, { image: image(boot) });
  log.leaf("open", { boot, engine: "1", mono: 0, policy: "9f2c1e5a77d04b6c" }, { policyText: ["a", boot] });
}

/** Small, one segment, closed by itself, with commands of operators in it. */
export function smallAndClosed(): MadeLog {
  const log = new LogMaker("example.com/small");
  log.leaf("log.open", { mono: 0, writer: "a1a1a1a1" });
  log.checkpoint();
  operate(log, "b00tb00t");
  acts(log, 0, 14, "b00tb00t");
  log.leaf("halt", {
    boot: "b00tb00t",
    by: "ops/ann",
    id: "h1",
    mono: 90,
    reason: "too many mails",
    scope: "all",
  });
  log.checkpoint();
  log.leaf("resume", { boot: "b00tb00t", by: "ops/ann", halt: "h1", mono: 91, reason: 'looked at "it"\n' });
  log.leaf("policy", { boot: "b00tb00t", by: "ops/bob", digest: "4b6c9f2c1e5a77d0", mono: 92 });
  log.leaf("override", {
    boot: "b00tb00t",
    by: "ops/ann",
    forMs: 60_000,
    lane: ["llm_agent", "search"],
    mono: 93,
  });
  log.leaf("clock", { boot: "b00tb00t", byMs: -3_600_000, mono: 94 });
  log.leaf("log.heartbeat", { mono: 95 });
  acts(log, 14, 25, "b00tb00t");
  log.leaf("close", { boot: "b00tb00t", mono: 200, unsettled: [] });
  log.leaf("log.close");
  log.checkpoint();
  return log.made();
}

/** Four segments: sealed, ended by a crash, sealed, and the last one, closed. */
export function segmentsAndCrash(): MadeLog {
  const log = new LogMaker("example.com/segments");
  log.leaf("log.open", { mono: 0, writer: "a1a1a1a1" });
  log.checkpoint();
  operate(log, "b00tb00t");
  acts(log, 0, 30, "b00tb00t");
  log.rotate();
  operate(log, "b00tb00t");
  acts(log, 30, 44, "b00tb00t");
  log.crash(Buffer.from('{"at":1790000000990,"boot":"b00tb00t","co'));
  log.leaf("gap", { lost: null, reason: "the process before died" });
  log.checkpoint();
  acts(log, 100, 131, "b00tb002");
  log.rotate();
  operate(log, "b00tb002");
  acts(log, 131, 150, "b00tb002");
  log.leaf("close", { boot: "b00tb002", mono: 2000, unsettled: [] });
  log.leaf("log.close");
  log.checkpoint();
  return log.made();
}

/** Two segments; the end has records that nothing signed, the last one torn. */
export function uncleanEnd(): MadeLog {
  const log = new LogMaker("example.com/unclean");
  log.leaf("log.open", { mono: 0, writer: "a1a1a1a1" });
  log.checkpoint();
  operate(log, "b00tb00t");
  acts(log, 0, 20, "b00tb00t");
  log.rotate();
  acts(log, 20, 36, "b00tb00t");
  log.leaf("halt", { boot: "b00tb00t", by: "ops/ann", id: "h1", mono: 90, reason: "stop", scope: "all" });
  log.leaf("log.heartbeat", { mono: 600 });
  log.checkpoint();
  for (let seq = 36; seq < 39; seq++) act(log, seq, "b00tb00t");
  return log.made(Buffer.from('{"at":17900000'));
}

export const SHAPES: readonly { readonly name: string; readonly make: () => MadeLog }[] = [
  { name: "small and closed", make: smallAndClosed },
  { name: "segments, seals and a crash", make: segmentsAndCrash },
  { name: "an unclean end", make: uncleanEnd },
];
