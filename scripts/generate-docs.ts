import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type JsonSchema, policyJsonSchema, RULE_KINDS } from "../src/policy/index.js";
import { SETTINGS } from "../src/rein/config.js";

/**
 * Returns the files that are made from the code, by their path from the root of the
 * repository. `npm run docs` writes them, `npm run docs:check` compares.
 */
export function generatedFiles(): ReadonlyMap<string, string> {
  const schema = policyJsonSchema();
  return new Map([
    ["schema/policy.schema.json", `${JSON.stringify(schema, null, 2)}\n`],
    ["docs/configuration.md", configurationPage(schema)],
  ]);
}

/** Returns the generated files that are not on disk as they should be. */
export function outdatedFiles(root: string): readonly string[] {
  return [...generatedFiles()]
    .filter(([path, text]) => read(resolve(root, path)) !== text)
    .map(([path]) => path);
}

function configurationPage(schema: JsonSchema): string {
  const definitions = schema.$defs as Readonly<Record<string, JsonSchema>>;
  return (
    [
      "<!-- Generated from src/rein/settings.ts and src/policy by scripts/generate-docs.ts: edit those. -->",
      "# Configuration",
      "## Settings",
      '`ReinConfig.fromEnv()` reads these variables; `ReinConfig.fromEnv("TENANT_A_")` reads the same with another prefix, and `new ReinConfig({ … })` takes the fields. ' +
        "Shares are fractions: `-0.05` is a loss of five percent. Booleans accept `true`, `false`, `1`, `0`, `yes`, `no`, `on` and `off`. " +
        "A variable that is empty or not set keeps its default; a bad value is a `ConfigError` that names the variable.",
      settingsTable(),
      "## Rules",
      "Each rule has a `kind` and that kind's fields, and may have the common ones. `schema/policy.schema.json` says the same to editors. " +
        "Durations are texts such as `30s`, `5m`, `1h30m` or `1d` (`ms`, `s`, `m`, `h`, `d`, `w`).",
      "### Common fields",
      fieldsTable(definitions.rate, (field) => COMMON.includes(field) && field !== "kind"),
      "### Fields of `match` and of its `except`",
      "In a glob `*` stays within one `/` segment, `**` crosses, `?` is one character, and a backslash takes the meaning from any of them. " +
        "A glob that begins with `~` asks for words: `~email` matches what has that word in any form (`send_email`, `sendEmails`, `email.send`, `Mailing`) and never a part of another word (`~order` matches neither `border` nor `reorder`); `~delete file` asks for both words, in any order (`delete_file`, `fileDeletion`). " +
        "Only `~/` begins a path, and `\\~` is a tilde.",
      fieldsTable(definitions.match, () => true),
      "### Fields of a `schedule`",
      fieldsTable(scheduleOf(definitions.match), () => true),
      "### Fields of a condition in `args`",
      "A glob, or a list of globs, says the same as `matches` alone. Numbers written as text count as numbers.",
      fieldsTable(argConditionOf(definitions.match), () => true),
      ...RULE_KINDS.flatMap((kind) => kindSection(kind, definitions[kind])),
    ].join("\n\n") + "\n"
  );
}

function scheduleOf(match: JsonSchema | undefined): JsonSchema | undefined {
  return (match?.properties as Readonly<Record<string, JsonSchema>> | undefined)?.schedule;
}

function argConditionOf(match: JsonSchema | undefined): JsonSchema | undefined {
  const args = (match?.properties as Readonly<Record<string, JsonSchema>> | undefined)?.args;
  const { anyOf } = (args?.additionalProperties ?? {}) as { readonly anyOf?: readonly JsonSchema[] };
  return anyOf?.find(({ type }) => type === "object");
}

const COMMON: readonly string[] = ["kind", "id", "match", "per", "then", "for", "mode"];

function settingsTable(): string {
  const rows = SETTINGS.map(({ name, key, default: preset, unit, meaning, min, max }) => {
    const range = min === undefined ? "" : `${min} … ${max}`;
    return [`\`${key}\``, `\`REIN_${name}\``, `\`${preset}\``, unit, range, meaning];
  });
  return table(["Setting", "Variable", "Default", "Unit", "Range", "Meaning"], rows);
}

function kindSection(kind: string, schema: JsonSchema | undefined): readonly string[] {
  return [
    `### \`${kind}\``,
    text(schema?.description),
    fieldsTable(schema, (field) => !COMMON.includes(field)),
  ];
}

function fieldsTable(schema: JsonSchema | undefined, wanted: (field: string) => boolean): string {
  const properties = (schema?.properties ?? {}) as Readonly<Record<string, JsonSchema>>;
  const required = (schema?.required ?? []) as readonly string[];
  const rows = Object.entries(properties)
    .filter(([field]) => wanted(field))
    .map(([field, value]) => {
      const preset =
        value.default === undefined ? (required.includes(field) ? "required" : "") : code(value.default);
      return [`\`${field}\``, typeText(value), preset, fieldMeaning(field, value)];
    });
  return table(["Field", "Value", "Default", "Meaning"], rows);
}

function fieldMeaning(field: string, schema: JsonSchema): string {
  return field === "match"
    ? "What the rule applies to; without it, to everything."
    : text(schema.description);
}

/** What a field may hold, in words. */
function typeText(schema: JsonSchema): string {
  if (schema.$ref !== undefined) return "object";
  if (schema.const !== undefined) return code(schema.const);
  if (Array.isArray(schema.enum)) return schema.enum.map(code).join(", ");
  if (Array.isArray(schema.anyOf))
    return [...new Set((schema.anyOf as JsonSchema[]).map(typeText))].join(" or ");
  switch (schema.type) {
    case "array":
      return `list of ${typeText((schema.items ?? {}) as JsonSchema)}`;
    case "integer":
    case "number":
      return numberText(schema);
    case "string":
      return text(schema.pattern).includes("[smhdw]") ? "duration" : "text";
    case "object":
      if (Object.hasOwn(schema.properties ?? {}, "source")) return "object with the fields of `match`";
      return schema.additionalProperties === false
        ? `object of ${Object.keys(schema.properties ?? {})
            .map(code)
            .join(", ")}`
        : `object of ${typeText((schema.additionalProperties ?? {}) as JsonSchema)} by name`;
    default:
      return text(schema.type);
  }
}

function numberText({ type, minimum, exclusiveMinimum, maximum }: JsonSchema): string {
  const least =
    exclusiveMinimum === undefined
      ? minimum === undefined
        ? ""
        : ` from ${code(minimum)}`
      : ` above ${code(exclusiveMinimum)}`;
  // The caps that only keep arithmetic exact say nothing to a reader.
  const most = typeof maximum === "number" && maximum <= 1_000_000 ? ` to ${maximum}` : "";
  const words = `${type === "integer" ? "whole number" : "number"}${least}${most}`;
  return words.replace(/ from `-9000000000`$/, "");
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function code(value: unknown): string {
  return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}

/** Columns padded as prettier pads them, so that formatting changes nothing. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const [first = [], ...others] = cells;
  return [line(first), line(widths.map((width) => "-".repeat(width))), ...others.map(line)].join("\n");
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
