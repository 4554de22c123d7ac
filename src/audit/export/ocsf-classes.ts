import type { Severity } from "./kinds.js";

/** The version of the schema that the events follow (github.com/ocsf/ocsf-schema). */
export const OCSF_VERSION = "1.9.0";

/** An event class of OCSF, with the ids of the activities that are used of it. */
export interface OcsfClass {
  readonly uid: number;
  readonly name: string;
  readonly category: { readonly uid: number; readonly name: string };
  readonly activities: Readonly<Record<string, number>>;
}

const APPLICATION = { uid: 6, name: "Application Activity" };
const IAM = { uid: 3, name: "Identity & Access Management" };

export const OCSF_CLASSES = {
  base: { uid: 0, name: "Base Event", category: { uid: 0, name: "Uncategorized" }, activities: {} },
  detection: {
    uid: 2004,
    name: "Detection Finding",
    category: { uid: 2, name: "Findings" },
    activities: { Create: 1 },
  },
  entity: {
    uid: 3004,
    name: "Entity Management",
    category: IAM,
    activities: { Create: 1, Update: 3, Delete: 4, Suspend: 12, Resume: 13 },
  },
  lifecycle: {
    uid: 6002,
    name: "Application Lifecycle",
    category: APPLICATION,
    activities: { Start: 3, Stop: 4, Restart: 5 },
  },
  api: { uid: 6003, name: "API Activity", category: APPLICATION, activities: {} },
  error: { uid: 6008, name: "Application Error", category: APPLICATION, activities: { "General Error": 1 } },
} as const satisfies Record<string, OcsfClass>;

export type OcsfClassName = keyof typeof OCSF_CLASSES;

/** What a type of record becomes. */
export interface OcsfPlace {
  readonly class: OcsfClassName;
  /** An activity of the class; one that the class does not know is "Other" (99) under this name. */
  readonly activity: string;
  /** What is managed, for Entity Management: `type` of the entity, and the field that names it. */
  readonly entity?: { readonly type: string; readonly field?: string };
}

/**
 * By type of record. An action of an agent may create, read, update or delete, and the log does not know which: the
 * activity is "Other" under an honest name.
 */
const PLACES: ReadonlyMap<string, OcsfPlace> = new Map<string, OcsfPlace>([
  ["gate", { class: "api", activity: "Decide" }],
  ["settle", { class: "api", activity: "Settle" }],
  ["cancel", { class: "api", activity: "Cancel" }],
  ["invalid", { class: "api", activity: "Reject Unreadable" }],
  ["halt", { class: "entity", activity: "Suspend", entity: { type: "scope" } }],
  ["resume", { class: "entity", activity: "Resume", entity: { type: "halt", field: "halt" } }],
  ["receipt", { class: "entity", activity: "Report", entity: { type: "halt", field: "halt" } }],
  ["approve", { class: "entity", activity: "Approve", entity: { type: "approval", field: "approval" } }],
  ["reject", { class: "entity", activity: "Reject", entity: { type: "approval", field: "approval" } }],
  ["revive", { class: "entity", activity: "Resume", entity: { type: "lane" } }],
  ["override", { class: "entity", activity: "Update", entity: { type: "lane" } }],
  ["policy", { class: "entity", activity: "Update", entity: { type: "policy", field: "digest" } }],
  [
    "order_rejected",
    { class: "entity", activity: "Refuse Command", entity: { type: "command", field: "file" } },
  ],
  ["key.rotate", { class: "entity", activity: "Update", entity: { type: "signing key", field: "vkey" } }],
  ["log.begin", { class: "entity", activity: "Create", entity: { type: "audit log", field: "origin" } }],
  ["log.redacted", { class: "entity", activity: "Delete", entity: { type: "values of a record" } }],
  ["log.retention", { class: "entity", activity: "Delete", entity: { type: "old records" } }],
  ["open", { class: "lifecycle", activity: "Start" }],
  ["restart", { class: "lifecycle", activity: "Restart" }],
  ["close", { class: "lifecycle", activity: "Stop" }],
  ["log.open", { class: "lifecycle", activity: "Start" }],
  ["log.close", { class: "lifecycle", activity: "Stop" }],
  ["gap", { class: "error", activity: "General Error" }],
  ["clock", { class: "error", activity: "General Error" }],
  ["log.recovered", { class: "error", activity: "General Error" }],
]);

const HALT_BY_RULE: OcsfPlace = { class: "detection", activity: "Create" };

/** Where a record belongs; what has no class of its own is a base event. @param byRule a rule did it, and not a person */
export function placeOf(type: string, byRule: boolean): OcsfPlace {
  if (type === "halt" && byRule) return HALT_BY_RULE;
  return PLACES.get(type) ?? { class: "base", activity: type };
}

/** "Other": the event says in words what it is. */
const OTHER = 99;

/** The fields that say what an event is. */
export function classification({
  class: name,
  activity,
}: OcsfPlace): Readonly<Record<string, string | number>> {
  const found: OcsfClass = OCSF_CLASSES[name];
  const { uid, category } = found;
  const id = Object.hasOwn(found.activities, activity) ? found.activities[activity]! : OTHER;
  return {
    activity_id: id,
    activity_name: activity,
    category_uid: category.uid,
    category_name: category.name,
    class_uid: uid,
    class_name: found.name,
    type_uid: uid * 100 + id,
    type_name: `${found.name}: ${id === OTHER ? "Other" : activity}`,
  };
}

export const OCSF_SEVERITIES: Readonly<Record<Severity, { readonly id: number; readonly name: string }>> = {
  informational: { id: 1, name: "Informational" },
  low: { id: 2, name: "Low" },
  medium: { id: 3, name: "Medium" },
  high: { id: 4, name: "High" },
  critical: { id: 5, name: "Critical" },
};

/** Rows of the documentation's table: type, class and activity. */
export function ocsfTable(): string[][] {
  const rows = [...PLACES].flatMap(([type, place]): [string, OcsfPlace][] =>
    type === "halt"
      ? [
          [type, place],
          [type, HALT_BY_RULE],
        ]
      : [[type, place]],
  );
  return rows.map(([type, place]) => {
    const { class_uid, class_name, activity_id, activity_name } = classification(place);
    const note = type !== "halt" ? "" : place === HALT_BY_RULE ? " by a rule" : " by a person";
    return [
      `\`${type}\`${note}`,
      `${class_name} ${class_uid}`,
      `${activity_id} ${activity_name}`,
      place.entity === undefined ? "" : place.entity.type,
    ];
  });
}
