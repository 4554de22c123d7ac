import { ConfigError } from "../core/errors.js";
import { nearest } from "../core/nearest.js";
import { type Setting, SETTINGS, SETTINGS_ORDER, type SettingKey, type SettingValues } from "./settings.js";

export { SETTINGS } from "./settings.js";

/** Settings to set; the others keep their defaults. */
export type ReinConfigInput = { readonly [K in SettingKey]?: SettingValues[K] | undefined };

/** Variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

// Declared apart, because the fields follow from the table of settings.
const ConfigFields = class {} as unknown as new () => SettingValues;

/**
 * The settings of one Rein, immutable: one field per setting of the table in
 * docs/configuration.md, such as `config.minSamplesForKill`.
 *
 * Throws `ConfigError`, which names the setting, for a value that it cannot be and
 * for settings that contradict each other.
 */
export class ReinConfig extends ConfigFields {
  /** Variables that have the prefix but no meaning. */
  readonly unknownVariables: readonly string[];
  /** What should be told at start, one sentence each. */
  readonly warnings: readonly string[];

  constructor(overrides: ReinConfigInput = {}) {
    super();
    const values = readOverrides(overrides);
    checkOrder(values, (setting) => setting.key);
    Object.assign(this, Object.fromEntries(values));
    const unknown = unknownOf.get(overrides) ?? [];
    setOf.set(this, namesOf(overrides));
    this.unknownVariables = Object.freeze(unknown.map(({ name }) => name));
    this.warnings = Object.freeze(unknown.map(({ warning }) => warning));
    Object.freeze(this);
  }

  /**
   * Reads the settings from variables such as `REIN_SHADOW`; another prefix serves
   * another tenant of the same process. A variable that is not set, or empty, keeps
   * its default; one that has the prefix but no meaning is told in `warnings`.
   */
  static fromEnv(prefix = "REIN_", env: Environment = process.env): ReinConfig {
    const start = prefix === "" || prefix.endsWith("_") ? prefix : `${prefix}_`;
    const values = new Map<SettingKey, boolean | number>();
    for (const setting of SETTINGS) {
      const variable = start + setting.name;
      const text = Object.hasOwn(env, variable) ? env[variable]?.trim() : undefined;
      if (text !== undefined && text !== "") values.set(setting.key, parseVariable(setting, variable, text));
    }
    checkOrder(withDefaults(values), (setting) => start + setting.name);
    const overrides: ReinConfigInput = Object.fromEntries(values);
    unknownOf.set(overrides, start === "" ? [] : unknownVariables(start, env));
    return new ReinConfig(overrides);
  }

  /** @internal Whether somebody has set it: a default gives way to what was in force before a restart. */
  isSet(key: SettingKey): boolean {
    return setOf.get(this)?.has(key) === true;
  }

  /** Returns the settings as a plain object, in the order of the documentation. */
  toJSON(): SettingValues {
    return Object.fromEntries(SETTINGS.map(({ key }) => [key, this[key]])) as unknown as SettingValues;
  }
}

interface UnknownVariable {
  readonly name: string;
  readonly warning: string;
}

/** What was set, by configuration: no field of its own, for the fields are the settings. */
const setOf = new WeakMap<ReinConfig, ReadonlySet<string>>();

function namesOf(overrides: ReinConfigInput): ReadonlySet<string> {
  const known = overrides instanceof ReinConfig ? setOf.get(overrides) : undefined;
  return known ?? new Set(Object.entries(overrides).flatMap(([k, v]) => (v === undefined ? [] : [k])));
}

/** Variables with the prefix that are no settings and mean something all the same. */
const OTHER_VARIABLES = ["DIR"];

// Hands what `fromEnv` saw to the constructor without a parameter that users would see.
const unknownOf = new WeakMap<object, readonly UnknownVariable[]>();

const TRUE = ["true", "1", "yes", "on"];
const FALSE = ["false", "0", "no", "off"];

const byKey: ReadonlyMap<string, Setting<SettingKey>> = new Map(
  SETTINGS.map((setting) => [setting.key, setting]),
);

function readOverrides(overrides: unknown): Map<SettingKey, boolean | number> {
  if (typeof overrides !== "object" || overrides === null || Array.isArray(overrides)) {
    throw new ConfigError("config", "the configuration must be an object of settings");
  }
  if (overrides instanceof ReinConfig) return readOverrides(overrides.toJSON());
  const values = new Map<SettingKey, boolean | number>();
  for (const [key, value] of Object.entries(overrides as Readonly<Record<string, unknown>>)) {
    const setting = byKey.get(key);
    if (setting === undefined) throw unknownSetting(key);
    if (value === undefined) continue;
    if (!isAccepted(setting, value)) throw badValue(setting, setting.key, textOf(value));
    // -0 is 0: one configuration, one text in the log.
    values.set(setting.key, value === 0 ? 0 : value);
  }
  return withDefaults(values);
}

function withDefaults(values: ReadonlyMap<SettingKey, boolean | number>): Map<SettingKey, boolean | number> {
  return new Map(SETTINGS.map((setting) => [setting.key, values.get(setting.key) ?? setting.default]));
}

function parseVariable(setting: Setting, variable: string, text: string): boolean | number {
  const value = setting.kind === "boolean" ? parseBoolean(text) : parseNumber(text);
  if (!isAccepted(setting, value)) throw badValue(setting, variable, text);
  return value;
}

function parseBoolean(text: string): boolean | undefined {
  const word = text.toLowerCase();
  if (TRUE.includes(word)) return true;
  return FALSE.includes(word) ? false : undefined;
}

/** Decimal only: `Number` would also take hexadecimal, and an empty text as 0. */
function parseNumber(text: string): number | undefined {
  return /^[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$/.test(text)
    ? Number(text) + 0
    : undefined;
}

function isAccepted(setting: Setting, value: unknown): value is boolean | number {
  if (setting.kind === "boolean") return typeof value === "boolean";
  const { min = -Infinity, max = Infinity } = setting;
  if (typeof value !== "number" || !(value >= min && value <= max)) return false;
  return setting.kind === "number" || Number.isInteger(value);
}

function textOf(value: unknown): string {
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  return typeof value === "function" ? "a function" : String(value);
}

function badValue(setting: Setting, variable: string, text: string): ConfigError {
  const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  const message = `\`${variable}\` must be ${acceptedBy(setting)}, not \`${shown}\``;
  return new ConfigError(variable, message, { help: `leave it out for its default, ${setting.default}` });
}

function acceptedBy({ kind, min, max, unit }: Setting): string {
  if (kind === "boolean") return "true or false (1, yes and on, or 0, no and off, are accepted too)";
  return `a ${kind === "integer" ? "whole " : ""}number from ${min} to ${max} (${unit})`;
}

function unknownSetting(key: string): ConfigError {
  const close = nearest(key, [...byKey.keys()]);
  const help =
    close === undefined ? "the settings are in docs/configuration.md" : `did you mean \`${close}\`?`;
  return new ConfigError(key, `there is no setting \`${key}\``, { help });
}

function unknownVariables(start: string, env: Environment): readonly UnknownVariable[] {
  const known = [...SETTINGS.map(({ name }) => name), ...OTHER_VARIABLES].map((name) => start + name);
  return Object.keys(env)
    .filter((name) => name.startsWith(start) && !known.includes(name))
    .sort()
    .map((name) => {
      const close = nearest(name, known);
      const hint = close === undefined ? "" : `; did you mean \`${close}\`?`;
      return { name, warning: `the variable \`${name}\` is not a setting and is ignored${hint}` };
    });
}

function checkOrder(
  values: ReadonlyMap<SettingKey, boolean | number>,
  nameOf: (setting: Setting) => string,
): void {
  const name = (key: SettingKey): string => nameOf(byKey.get(key) ?? SETTINGS[0]);
  for (const [low, high] of SETTINGS_ORDER) {
    const [a, b] = [Number(values.get(low)), Number(values.get(high))];
    if (a <= b) continue;
    throw new ConfigError(name(low), `\`${name(low)}\` (${a}) must not be above \`${name(high)}\` (${b})`, {
      help: "the stricter status needs the stricter threshold; set both",
    });
  }
}
