import { hash } from "node:crypto";
import { canonicalJson } from "../../core/canonical.js";
import { decisionIdOf, rfc3339, textIn, timeIn, traceIn, typeOf, uidOf } from "./entry.js";
import type { Exporter, ExportContext, ExportEntry } from "./entry.js";
import { sentenceOf, severityOf } from "./kinds.js";
import { classification, OCSF_SEVERITIES, OCSF_VERSION, placeOf } from "./ocsf-classes.js";
import { detailsOf } from "./ocsf-details.js";
import { isOutcome, OpenDecisions } from "./open-decisions.js";

type Fields = Readonly<Record<string, unknown>>;

export interface OcsfOptions {
  /** Adds the `record_integrity` profile: each event has its own fingerprint, and that of the one before. */
  readonly recordIntegrity?: boolean | undefined;
  /** Adds the line of the log (`raw_data`). Its hash is always there. */
  readonly raw?: boolean | undefined;
}

/** Events of the Open Cybersecurity Schema Framework, one a line. */
export class OcsfExporter implements Exporter {
  events = 0;
  readonly #context: ExportContext;
  readonly #options: OcsfOptions;
  readonly #open = new OpenDecisions();
  /** A time that is missing is that of the record before. */
  #latest = 0;
  #before: Fields | undefined;

  constructor(context: ExportContext, options: OcsfOptions = {}) {
    this.#context = context;
    this.#options = options;
  }

  take(entry: ExportEntry, isSelected: boolean): readonly string[] {
    const decision = this.#open.end(entry)?.entry.record;
    if (typeOf(entry.record) === "gate") this.#open.add(entry, isSelected);
    this.#latest = timeIn(entry.record) ?? this.#latest;
    if (!isSelected) return [];
    this.events += 1;
    const event = ocsfEvent(entry, decision, this.#latest, this.#context, this.#options);
    return [JSON.stringify(this.#options.recordIntegrity === true ? this.#attested(event, entry) : event)];
  }

  end(): readonly string[] {
    return [];
  }

  /**
   * With a fingerprint over the event itself: RFC 8785 of all of it but `fingerprint` and `signatures`, as the
   * schema's `attestation` object has it. There is no signature: whoever exports need not have the log's key.
   */
  #attested(event: Fields, { line }: ExportEntry): Fields {
    const before = this.#before !== undefined && { prev_event: this.#before };
    const open = { chain_uid: this.#context.origin, ...before };
    let whole = event;
    let value = fingerprintOf(Object.assign({}, whole, { attestation: open }));
    if (value === undefined) {
      const { unmapped: _, ...rest } = event;
      whole = { ...rest, raw_data: line };
      value = fingerprintOf({ ...whole, attestation: open });
    }
    const fingerprint = {
      ...{ algorithm_id: 3, algorithm: "SHA-256" },
      ...{ serialization_id: 2, serialization: "JCS", value },
    };
    this.#before = { uid: (whole["metadata"] as Fields)["uid"], type_uid: whole["type_uid"], fingerprint };
    return Object.assign({}, whole, { attestation: { ...open, fingerprint } });
  }
}

/** SHA-256 of the canonical form; undefined for what nests too deep to have one. */
function fingerprintOf(event: Fields): string | undefined {
  try {
    return hash("sha256", canonicalJson(event), "hex");
  } catch {
    return undefined;
  }
}

/** Makes an event of a record. @param time for a record that has none. Never throws, whatever is in the record. */
export function ocsfEvent(
  entry: ExportEntry,
  decision: Fields | undefined,
  time: number,
  context: ExportContext,
  { recordIntegrity, raw }: OcsfOptions,
): Fields {
  const { record, line, n } = entry;
  const type = typeOf(record);
  const place = placeOf(type, textIn(record, "rule") !== undefined);
  const severity = OCSF_SEVERITIES[severityOf(record)];
  const at = timeIn(record);
  const trace = traceIn(record);
  const { fields, mapped, profiles } = detailsOf(entry, decision, place, context);
  const names = [
    ...profiles,
    ...(trace === undefined ? [] : ["trace"]),
    ...(recordIntegrity === true ? ["record_integrity"] : []),
  ];
  const decided = isOutcome(type) || type === "gate" ? decisionIdOf(record) : undefined;
  // Spreading so many fields into a literal takes twenty times as long.
  return Object.assign(
    {},
    classification(place),
    {
      time: Math.floor(at ?? time),
      severity_id: severity.id,
      severity: severity.name,
      message: sentenceOf(record, decision ?? record),
    },
    fields,
    {
      metadata: {
        version: OCSF_VERSION,
        product: { name: "Rein", vendor_name: "Rein", version: context.version },
        // What is undefined is left out when the event is written.
        profiles: names.length > 0 ? names : undefined,
        uid: uidOf(entry, context),
        sequence: n,
        event_code: type,
        log_name: context.origin,
        log_provider: "rein",
        original_time: rfc3339(at),
        correlation_uid: decided,
      },
      trace: trace && { uid: trace.traceId, span: { uid: trace.spanId } },
      raw_data: raw === true ? line : undefined,
      raw_data_hash: { algorithm_id: 3, algorithm: "SHA-256", value: hash("sha256", line, "hex") },
      raw_data_size: Buffer.byteLength(line),
      unmapped: unmapped(record, mapped),
    },
  ) as Fields;
}

/** Nothing of a record is lost: what has no place of its own in the schema stands here under its own name. */
function unmapped(record: Fields, mapped: ReadonlySet<string>): Fields | undefined {
  const isSaid = (field: string): boolean =>
    field === "n" || (field === "at" ? timeIn(record) !== undefined : textIn(record, field) !== undefined);
  const rest = Object.entries(record).filter(
    ([field]) => !((mapped.has(field) || COMMON.has(field)) && isSaid(field)),
  );
  return rest.length === 0 ? undefined : Object.fromEntries(rest);
}

const COMMON: ReadonlySet<string> = new Set(["n", "type"]);
