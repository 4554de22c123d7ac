import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson } from "../../core/canonical.js";
import { OcsfExporter } from "./ocsf.js";
import { anyEntry, context, entriesOf, entryOf, example } from "../../../test/support/export-samples.js";

/** What is parsed has any type. */
type Json = ReturnType<typeof JSON.parse>;

function eventsOf(records: readonly object[], options = {}): Json[] {
  const exporter = new OcsfExporter(context, options);
  const lines = entriesOf(records).flatMap((entry) => exporter.take(entry, true));
  return [...lines, ...exporter.end()].map((line) => JSON.parse(line));
}

/** What the schema (1.9.0) requires of each class that is used, beyond what every event has. */
const REQUIRED: Readonly<Record<number, readonly string[]>> = {
  0: [],
  2004: ["finding_info.uid"],
  3004: ["entity.name"],
  6002: ["application.name", "app.name", "app.vendor_name"],
  6003: ["actor.app_name", "api.operation", "src_endpoint.name", "ai_agent.uid"],
  6008: [],
};
const ACTIVITIES: Readonly<Record<number, readonly number[]>> = {
  0: [],
  2004: [1, 2, 3],
  3004: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13],
  6002: [1, 2, 3, 4, 5, 6, 7, 8],
  6003: [1, 2, 3, 4],
  6008: [1, 2],
};

function at(event: Json, path: string): unknown {
  return path.split(".").reduce((value, name) => value?.[name], event);
}

function expectValid(event: Json): void {
  for (const field of ["activity_id", "category_uid", "class_uid", "type_uid", "severity_id", "time"])
    expect(Number.isSafeInteger(event[field]), field).toBe(true);
  expect(event.metadata).toMatchObject({ version: "1.9.0", product: { name: "Rein", vendor_name: "Rein" } });
  expect(event.type_uid).toBe(event.class_uid * 100 + event.activity_id);
  expect(event.category_uid).toBe(Math.floor(event.class_uid / 1000));
  expect([...ACTIVITIES[event.class_uid]!, 99]).toContain(event.activity_id);
  expect(event.activity_name).toBeTypeOf("string");
  expect(event.time).toBeGreaterThanOrEqual(0);
  expect(event.severity_id).toBeGreaterThanOrEqual(1);
  expect(event.severity_id).toBeLessThanOrEqual(5);
  for (const path of REQUIRED[event.class_uid]!) expect(at(event, path), path).toBeTypeOf("string");
}

describe("OCSF", () => {
  test("a decision is API activity with the agent, the tool and what the gate did", () => {
    const [event] = eventsOf([example.blocked]);
    expect(event).toEqual({
      activity_id: 99,
      activity_name: "Decide",
      category_uid: 6,
      category_name: "Application Activity",
      class_uid: 6003,
      class_name: "API Activity",
      type_uid: 600399,
      type_name: "API Activity: Other",
      time: 1767614400250,
      severity_id: 3,
      severity: "Medium",
      message: "`send_email` by `planner`: blocked, `rate_limited` by rule `mails`",
      actor: { application: { uid: "planner", name: "planner" }, app_name: "planner" },
      ai_agent: { uid: "planner", name: "planner", type_id: 0, type: "Unknown", instance_uid: "k3v0A1b_" },
      api: { operation: "send_email", request: { uid: "k3v0A1b_.2f" } },
      src_endpoint: { name: "planner", svc_name: "planner", instance_uid: "k3v0A1b_" },
      policy: { uid: "89abcdef01234567", name: "Rein policy" },
      action_id: 2,
      action: "Denied",
      disposition_id: 2,
      disposition: "Blocked",
      status_id: 2,
      status: "Failure",
      status_code: "rate_limited",
      status_detail: "rule mails",
      metadata: {
        version: "1.9.0",
        product: { name: "Rein", vendor_name: "Rein", version: "1.2.3" },
        profiles: ["ai_operation", "security_control"],
        uid: "example.com/agents#0",
        sequence: 0,
        event_code: "gate",
        log_name: "example.com/agents",
        log_provider: "rein",
        original_time: "2026-01-05T12:00:00.250Z",
        correlation_uid: "k3v0A1b_.2f",
      },
      raw_data_hash: {
        algorithm_id: 3,
        algorithm: "SHA-256",
        value: createHash("sha256").update(entryOf(example.blocked, 0).line).digest("hex"),
      },
      raw_data_size: Buffer.byteLength(entryOf(example.blocked, 0).line),
      unmapped: { cost: { calls: 1000000 }, mono: 4250, rule: "mails", seq: 87, verdict: "block" },
    });
  });

  test("an outcome has the names of its decision, and the same correlation id", () => {
    const [decision, outcome] = eventsOf([example.allowed, example.settled]);
    expect(outcome.api.operation).toBe("send_email");
    expect(outcome.ai_agent.uid).toBe("planner");
    expect(outcome.metadata.correlation_uid).toBe(decision.metadata.correlation_uid);
    expect([decision.action_id, decision.disposition_id]).toEqual([1, 1]);
    expect([outcome.action_id, outcome.status_id]).toEqual([3, 2]);
  });

  test("in shadow, what enforcement would have refused was observed and detected", () => {
    const [event] = eventsOf([{ ...example.allowed, wouldCode: "rate_limited", wouldRule: "mails" }]);
    expect(event).toMatchObject({
      action_id: 3,
      disposition_id: 15,
      status_code: "rate_limited",
      severity_id: 2,
    });
  });

  test("a halt by a person suspends an entity; a halt by a rule is a finding", () => {
    const [person, rule] = eventsOf([example.halt, { ...example.halt, rule: "daily-loss" }]);
    expect(person).toMatchObject({
      ...{ class_uid: 3004, activity_id: 12, activity_name: "Suspend", severity_id: 4 },
      entity: { type: "scope", name: "source planner" },
      actor: { user: { name: "alice" } },
      comment: "it went wild",
    });
    expect(rule).toMatchObject({
      ...{ class_uid: 2004, activity_id: 1, is_alert: true, action_id: 2 },
      finding_info: { uid: "example.com/agents#1", analytic: { uid: "daily-loss", type_id: 1 } },
    });
  });

  test("a receipt that is not complete is critical", () => {
    const [event] = eventsOf([{ type: "receipt", at: 1, halt: "h3", complete: false, inFlight: [] }]);
    expect(event).toMatchObject({
      class_uid: 3004,
      severity_id: 5,
      status: "Failure",
      entity: { uid: "h3" },
    });
  });

  test("a type that nobody knows is a base event with everything in it", () => {
    const [event] = eventsOf([{ type: "brand.new", at: 5, what: { deep: [1, 2] } }]);
    expect(event).toMatchObject({ class_uid: 0, type_uid: 99, activity_name: "brand.new" });
    expect(event.unmapped).toEqual({ at: 5, what: { deep: [1, 2] } });
  });

  test("a field that is not what it should be is not lost", () => {
    const [event] = eventsOf([{ ...example.allowed, source: 5, series: "", at: "noon", policy: [1] }]);
    expect(event).toMatchObject({ time: 0, api: { operation: "unknown" }, ai_agent: { uid: "unknown" } });
    expect(event.unmapped).toMatchObject({ source: 5, series: "", at: "noon", policy: [1] });
  });

  test("a trace context becomes the trace profile", () => {
    const [event] = eventsOf([{ ...example.allowed, traceparent: example.traceparent }]);
    expect(event.trace).toEqual({
      uid: example.traceparent.slice(3, 35),
      span: { uid: example.traceparent.slice(36, 52) },
    });
    expect(event.metadata.profiles).toContain("trace");
  });

  test("--raw adds the line that the leaf hash is made of", () => {
    const [event] = eventsOf([example.allowed], { raw: true });
    expect(event.raw_data).toBe(entryOf(example.allowed, 0).line);
  });

  test("record integrity: each fingerprint is over the canonical event, and names the one before", () => {
    const events = eventsOf([example.allowed, example.settled, example.halt], { recordIntegrity: true });
    let before: Json;
    for (const event of events) {
      const { fingerprint, ...open } = event.attestation;
      const bytes = canonicalJson({ ...event, attestation: open });
      expect(fingerprint.value).toBe(createHash("sha256").update(bytes).digest("hex"));
      expect(open.chain_uid).toBe("example.com/agents");
      expect(open.prev_event).toEqual(
        before && {
          uid: before.metadata.uid,
          type_uid: before.type_uid,
          fingerprint: before.attestation.fingerprint,
        },
      );
      expect(event.metadata.profiles).toContain("record_integrity");
      before = event;
    }
  });

  test("any record of any type is a valid event", () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 6 }), fc.boolean(), (entries, recordIntegrity) => {
        const exporter = new OcsfExporter(context, { recordIntegrity });
        for (const entry of entries) {
          const lines = exporter.take(entry, true);
          expect(lines).toHaveLength(1);
          expect(lines[0]).not.toContain("\n");
          const event = JSON.parse(lines[0]!);
          expectValid(event);
          if (recordIntegrity) expect(event.attestation.fingerprint.value).toMatch(/^[0-9a-f]{64}$/);
        }
      }),
    );
  });
});
