import { Batch } from "./batch.js";
import { decisionIdOf, leafHashOf, numberIn, textIn, timeIn, traceIn, typeOf, uidOf } from "./entry.js";
import type { Exporter, ExportContext, ExportEntry } from "./entry.js";
import { costsOf, sentenceOf, tagsOf } from "./kinds.js";
import { OpenDecisions } from "./open-decisions.js";
import { attributesOf, derivedId, nanosText, resourceOf, scopeOf } from "./otlp.js";

type Fields = Readonly<Record<string, unknown>>;

const KIND_INTERNAL = 1;
const STATUS_OK = 1;
const STATUS_ERROR = 2;

/** How an action ended. */
type Fate = "ok" | "failed" | "canceled" | "refused" | "unsettled";

/**
 * One span per action: from its decision to its outcome. The conventions for generative AI (`execute_tool`,
 * open-telemetry/semantic-conventions-genai) are still in development.
 */
export class SpanExporter implements Exporter {
  events = 0;
  readonly #context: ExportContext;
  readonly #open: OpenDecisions;
  readonly #batch: Batch;
  #latest = 0;

  constructor(context: ExportContext, maxOpen?: number) {
    this.#context = context;
    this.#open = new OpenDecisions(maxOpen);
    const resource = JSON.stringify(resourceOf(context));
    const scope = JSON.stringify(scopeOf(context));
    this.#batch = new Batch(
      (spans) =>
        `{"resourceSpans":[{"resource":${resource},"scopeSpans":[{"scope":${scope},"spans":[${spans}]}]}]}`,
    );
  }

  take(entry: ExportEntry, isSelected: boolean): readonly string[] {
    const { record } = entry;
    this.#latest = Math.max(this.#latest, timeIn(record) ?? 0);
    const ended = this.#open.end(entry);
    if (ended !== undefined) {
      const fate = typeOf(record) === "cancel" ? "canceled" : record["ok"] === true ? "ok" : "failed";
      return ended.isSelected ? this.#emit(ended.entry, fate, entry) : [];
    }
    if (typeOf(record) !== "gate") return [];
    if (record["verdict"] !== "allow") return isSelected ? this.#emit(entry, "refused") : [];
    if (decisionIdOf(record) === undefined) return isSelected ? this.#emit(entry, "unsettled") : [];
    const given = this.#open.add(entry, isSelected);
    return given?.isSelected === true ? this.#emit(given.entry, "unsettled") : [];
  }

  end(): readonly string[] {
    const lines: string[] = [];
    for (const { entry, isSelected } of this.#open.rest())
      if (isSelected) lines.push(...this.#emit(entry, "unsettled"));
    return [...lines, ...this.#batch.end()];
  }

  #emit(decision: ExportEntry, fate: Fate, outcome?: ExportEntry): string[] {
    this.events += 1;
    return this.#batch.add(JSON.stringify(spanOf(decision, fate, outcome, this.#latest, this.#context)));
  }
}

/** The span of a decision. @param latest wall time of the export's newest record: where an open end is put */
export function spanOf(
  decision: ExportEntry,
  fate: Fate,
  outcome: ExportEntry | undefined,
  latest: number,
  context: ExportContext,
): Fields {
  const { record } = decision;
  const { traceId, spanId, parentSpanId } = spanIds(decision, context);
  const startMs = timeIn(record) ?? latest;
  const series = textIn(record, "series") ?? "unknown";
  const error = errorOf(record, fate);
  return {
    traceId,
    spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    name: `execute_tool ${series}`,
    kind: KIND_INTERNAL,
    startTimeUnixNano: nanosText(startMs),
    endTimeUnixNano: nanosText(endMs(startMs, decision, fate, outcome, latest)),
    attributes: attributesOf([
      ["gen_ai.operation.name", "execute_tool"],
      ["gen_ai.tool.name", series],
      ["gen_ai.tool.call.id", decisionIdOf(record)],
      ["gen_ai.agent.name", textIn(record, "source")],
      ["error.type", error],
      ...decisionPairs(decision),
      ["rein.outcome", fate],
      ["rein.outcome.latency_ms", outcome && numberIn(outcome.record, "latencyMs")],
      ["rein.outcome.progress", outcome?.record["progress"]],
      ["rein.outcome.log.index", outcome?.n],
      ...(outcome === undefined ? [] : costsOf(outcome.record)).map(
        ([measure, amount]) => [`rein.outcome.cost.${measure}`, amount] as const,
      ),
    ]),
    status: error === undefined ? { code: fate === "ok" ? STATUS_OK : 0 } : failedStatus(record),
  };
}

function failedStatus(record: Fields): Fields {
  return { code: STATUS_ERROR, message: sentenceOf(record) };
}

/** Attributes that a decision has as a span and as a log record. */
export function decisionPairs(entry: ExportEntry): (readonly [string, unknown])[] {
  const { record, n } = entry;
  return [
    ["rein.decision.verdict", textIn(record, "verdict")],
    ["rein.decision.code", textIn(record, "code")],
    ["rein.decision.would_code", textIn(record, "wouldCode")],
    ["rein.rule", textIn(record, "rule") ?? textIn(record, "wouldRule")],
    ["rein.policy.digest", textIn(record, "policy")],
    ["rein.boot", textIn(record, "boot")],
    ["rein.log.index", n],
    ["rein.log.leaf_hash", leafHashOf(entry)],
    ...costsOf(record).map(([measure, amount]) => [`rein.cost.${measure}`, amount] as const),
    ...tagsOf(record).map(([name, pseudonym]) => [`rein.tag.${name}`, pseudonym] as const),
  ];
}

/** Ids of a decision's span: in the trace that the record names, or in one of its own. */
export function spanIds(
  entry: ExportEntry,
  context: ExportContext,
): { readonly traceId: string; readonly spanId: string; readonly parentSpanId?: string } {
  const uid = uidOf(entry, context);
  const spanId = derivedId("span", 8, uid);
  const trace = traceIn(entry.record);
  return trace === undefined
    ? { traceId: derivedId("trace", 16, uid), spanId }
    : { traceId: trace.traceId, spanId, parentSpanId: trace.spanId };
}

/** The monotonic clock says how long it took: the wall clock may have been set meanwhile. */
function endMs(
  startMs: number,
  decision: ExportEntry,
  fate: Fate,
  outcome: ExportEntry | undefined,
  latest: number,
): number {
  if (fate === "refused") return startMs;
  if (outcome === undefined) return Math.max(startMs, latest);
  const [from, to] = [numberIn(decision.record, "mono"), numberIn(outcome.record, "mono")];
  if (from !== undefined && to !== undefined && to >= from) return startMs + (to - from);
  return Math.max(startMs, timeIn(outcome.record) ?? startMs);
}

function errorOf(record: Fields, fate: Fate): string | undefined {
  switch (fate) {
    case "refused":
      return textIn(record, "code") ?? (record["verdict"] === "approve" ? "approval_required" : "_OTHER");
    case "failed":
      return "_OTHER";
    case "canceled":
      return "canceled";
    case "ok":
    case "unsettled":
      return undefined;
  }
}
