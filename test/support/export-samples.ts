import fc from "fast-check";
import { canonicalJson } from "../../src/core/canonical.js";
import type { ExportContext, ExportEntry } from "../../src/audit/export/entry.js";

/** Records for the tests of this folder. */

export const context: ExportContext = {
  origin: "example.com/agents",
  head: { size: 3, root: "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=" },
  version: "1.2.3",
};

const lane = { source: "planner", series: "send_email", boot: "k3v0A1b_", policy: "89abcdef01234567" };

export const example = {
  allowed: {
    ...{ type: "gate", at: 1767614400000, mono: 4000, seq: 86, verdict: "allow", ...lane },
    ...{ cost: { calls: 1_000_000, usd: 20_000 }, tags: ["recipient", "p4ub2"] },
  },
  settled: {
    ...{ type: "settle", at: 1767614399000, mono: 5250, boot: "k3v0A1b_", seq: 86, ok: false },
    ...{ cost: { usd: 11_000 }, latencyMs: 1200.5 },
  },
  blocked: {
    ...{ type: "gate", at: 1767614400250, mono: 4250, seq: 87, verdict: "block", ...lane },
    ...{ code: "rate_limited", rule: "mails", cost: { calls: 1_000_000 } },
  },
  halt: {
    ...{ type: "halt", at: 1767614401000, mono: 5000, boot: "k3v0A1b_", by: "alice", reason: "it went wild" },
    scope: { source: "planner" },
  },
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
} as const;

export function entryOf(record: object, n: number): ExportEntry {
  const whole = { n, ...record };
  return { n, line: canonicalJson(whole), record: whole };
}

export function entriesOf(records: readonly object[]): ExportEntry[] {
  return records.map(entryOf);
}

const KNOWN = [
  ...["gate", "settle", "cancel", "invalid", "signal", "balance", "realize", "calendar", "halt", "resume"],
  ...[
    "receipt",
    "approve",
    "reject",
    "revive",
    "override",
    "policy",
    "clock",
    "tick",
    "gap",
    "close",
    "state",
  ],
  ...[
    "image",
    "restart",
    "order",
    "order_done",
    "order_rejected",
    "open",
    "log.begin",
    "log.open",
    "log.close",
  ],
  ...[
    "log.recovered",
    "log.heartbeat",
    "key.rotate",
    "log.redacted",
    "log.retention",
    "anchor.receipt",
    "imported",
  ],
];

const FIELDS = [
  ...[
    "at",
    "mono",
    "boot",
    "seq",
    "source",
    "series",
    "verdict",
    "code",
    "rule",
    "wouldCode",
    "wouldRule",
    "by",
  ],
  ...[
    "reason",
    "scope",
    "halt",
    "ok",
    "cost",
    "tags",
    "trace",
    "traceparent",
    "policy",
    "latencyMs",
    "progress",
  ],
  ...["complete", "status", "approval", "digest", "info", "lost", "unsettled", "mode", "file", "__proto__"],
];

const likely = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(
    "allow",
    "block",
    "approve",
    "k3v0A1b_",
    86,
    0,
    -1,
    1.5,
    1767614400000,
    true,
    null,
    "",
  ),
  fc.constantFrom<unknown>("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", 8.64e15, 1e300, "all"),
);

/** Entries as a strict reader hands them out: whatever JSON can say, under fields that mean something elsewhere. */
export const anyEntry: fc.Arbitrary<ExportEntry> = fc
  .record({
    n: fc.nat(),
    type: fc.oneof(fc.constantFrom<unknown>(...KNOWN), fc.jsonValue({ maxDepth: 1 }), fc.constant(undefined)),
    fields: fc.dictionary(fc.oneof(fc.constantFrom(...FIELDS), fc.string({ maxLength: 20 })), likely, {
      maxKeys: 12,
    }),
  })
  .map(({ n, type, fields }) => {
    const line = canonicalJson(JSON.parse(JSON.stringify({ ...fields, n, type })) as unknown);
    return { n, line, record: JSON.parse(line) as Readonly<Record<string, unknown>> };
  });
