import { decisionIdOf, objectIn, textIn, typeOf, uidOf } from "./entry.js";
import type { ExportContext, ExportEntry } from "./entry.js";
import { sentenceOf } from "./kinds.js";
import type { OcsfPlace } from "./ocsf-classes.js";
import { scopeText } from "./words.js";

type Fields = Readonly<Record<string, unknown>>;

/** What is particular to a class. */
export interface OcsfDetails {
  readonly fields: Fields;
  /** Fields of the record that are wholly in `fields`. */
  readonly mapped: ReadonlySet<string>;
  readonly profiles: readonly string[];
}

const SUCCESS = { status_id: 1, status: "Success" };
const FAILURE = { status_id: 2, status: "Failure" };

/** @param decision the one that an outcome belongs to */
export function detailsOf(
  entry: ExportEntry,
  decision: Fields | undefined,
  place: OcsfPlace,
  context: ExportContext,
): OcsfDetails {
  switch (place.class) {
    case "api":
      return apiDetails(entry.record, decision ?? entry.record);
    case "entity":
      return entityDetails(entry, place);
    case "detection":
      return findingDetails(entry, context);
    case "lifecycle":
      return lifecycleDetails(context);
    case "error":
    case "base":
      return { fields: {}, mapped: NOTHING, profiles: [] };
  }
}

const NOTHING: ReadonlySet<string> = new Set();

function apiDetails(record: Fields, decision: Fields): OcsfDetails {
  const source = textIn(decision, "source") ?? "unknown";
  const instance = textIn(decision, "boot") ?? textIn(record, "boot");
  const policy = textIn(decision, "policy");
  const request = decisionIdOf(record);
  const fields = Object.assign(
    {
      // `app_name` is what readers of the schema before 1.9.0 look for.
      actor: { application: { uid: source, name: source }, app_name: source },
      ai_agent: { uid: source, name: source, type_id: 0, type: "Unknown", instance_uid: instance },
      api: {
        operation: textIn(decision, "series") ?? "unknown",
        request: request === undefined ? undefined : { uid: request },
      },
      src_endpoint: { name: source, svc_name: source, instance_uid: instance },
      policy: policy === undefined ? undefined : { uid: policy, name: "Rein policy" },
    },
    controlOf(record),
    reasonOf(record),
  );
  return { fields, mapped: API_MAPPED, profiles: API_PROFILES };
}

const API_MAPPED: ReadonlySet<string> = new Set(["source", "series", "boot", "policy", "code", "at"]);
const API_PROFILES = ["ai_operation", "security_control"];

const ALLOWED = { action_id: 1, action: "Allowed" };
const DENIED = { action_id: 2, action: "Denied" };
const OBSERVED = { action_id: 3, action: "Observed" };
const AS_ALLOWED = { disposition_id: 1, disposition: "Allowed" };
const AS_BLOCKED = { disposition_id: 2, disposition: "Blocked" };
const AS_DETECTED = { disposition_id: 15, disposition: "Detected" };
const AS_LOGGED = { disposition_id: 17, disposition: "Logged" };
const LET_THROUGH = { ...ALLOWED, ...AS_ALLOWED, ...SUCCESS };
const WATCHED = { ...OBSERVED, ...AS_DETECTED, ...SUCCESS };
const STOPPED = { ...DENIED, ...AS_BLOCKED, ...FAILURE };
const SUCCEEDED = { ...OBSERVED, ...AS_LOGGED, ...SUCCESS };
const FAILED = { ...OBSERVED, ...AS_LOGGED, ...FAILURE };

/** The security_control profile: what the gate did. */
function controlOf(record: Fields): Fields {
  const type = typeOf(record);
  const verdict = textIn(record, "verdict");
  if (type === "gate" && verdict === "allow") {
    // Shadow: enforcement would have refused, and nothing was stopped.
    return textIn(record, "wouldCode") === undefined ? LET_THROUGH : WATCHED;
  }
  // What waits for an approval was not let through: it is asked for again.
  if (type === "gate" && (verdict === "block" || verdict === "approve")) return STOPPED;
  if (type === "invalid" || type === "cancel") return STOPPED;
  if (type === "settle") return record["ok"] === true ? SUCCEEDED : FAILED;
  return { action_id: 0, action: "Unknown" };
}

function reasonOf(record: Fields): Fields {
  const code = textIn(record, "code") ?? textIn(record, "wouldCode");
  const rule = textIn(record, "rule") ?? textIn(record, "wouldRule");
  return {
    ...(code !== undefined && { status_code: code }),
    ...(rule !== undefined && { status_detail: `rule ${rule}` }),
  };
}

function entityDetails(entry: ExportEntry, { entity }: OcsfPlace): OcsfDetails {
  const { record } = entry;
  const type = typeOf(record);
  const by = textIn(record, "by");
  const reason = textIn(record, "reason");
  const uid = entity?.field === undefined ? undefined : textIn(record, entity.field);
  const fields = {
    entity: {
      type: entity?.type ?? type,
      name: entityName(record, uid, entity?.type ?? type),
      ...(uid && { uid }),
    },
    ...(by !== undefined && { actor: { user: { name: by }, app_name: "rein" } }),
    ...(reason !== undefined && { comment: reason }),
    ...(type === "order_rejected" || (type === "receipt" && record["complete"] !== true) ? FAILURE : SUCCESS),
  };
  return { fields, mapped: new Set(["by", "reason", "at"]), profiles: [] };
}

function entityName(record: Fields, uid: string | undefined, otherwise: string): string {
  if (record["scope"] !== undefined) return scopeText(record["scope"]);
  const [source, series] = [textIn(record, "source"), textIn(record, "series")];
  return source !== undefined || series !== undefined
    ? `${source ?? "*"} ${series ?? "*"}`
    : (uid ?? otherwise);
}

/** A halt that a rule called for is a detection that was acted on: the profile says how. */
function findingDetails(entry: ExportEntry, context: ExportContext): OcsfDetails {
  const { record } = entry;
  const rule = textIn(record, "rule") ?? "unknown";
  const info = objectIn(record, "info") ?? record;
  const fields = {
    finding_info: {
      uid: textIn(info, "id") ?? uidOf(entry, context),
      title: sentenceOf(record),
      analytic: { uid: rule, name: rule, type_id: 1, type: "Rule" },
      types: ["halt"],
    },
    is_alert: true,
    ...DENIED,
    ...AS_BLOCKED,
    ...{ status_id: 1, status: "New" },
  };
  return { fields, mapped: new Set(["rule", "at"]), profiles: ["security_control"] };
}

function lifecycleDetails({ origin, version }: ExportContext): OcsfDetails {
  return {
    fields: {
      application: { name: "Rein", uid: origin, version },
      // What `application` is called before 1.9.0.
      app: { name: "Rein", vendor_name: "Rein", uid: origin, version },
    },
    mapped: new Set(["at"]),
    profiles: [],
  };
}
