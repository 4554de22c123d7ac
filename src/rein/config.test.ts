import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { outdatedFiles } from "../../scripts/generate-docs.js";
import { ConfigError } from "../core/errors.js";
import { SCORE_ORDER, SCORE_SETTINGS } from "../policy/index.js";
import { type Environment, ReinConfig, type ReinConfigInput, SETTINGS } from "./config.js";
import { SETTINGS_ORDER } from "./settings.js";

function errorOf(action: () => unknown): ConfigError {
  try {
    action();
  } catch (error) {
    if (ConfigError.isInstance(error)) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

const fromEnv = (env: Environment, prefix?: string): ReinConfig => ReinConfig.fromEnv(prefix, env);

describe("ReinConfig", () => {
  test("without overrides every setting has its default", () => {
    const config = new ReinConfig();
    for (const { key, default: preset } of SETTINGS) expect(config[key]).toBe(preset);
    expect(config).toMatchObject({
      shadow: true,
      minSamplesForKill: 10,
      execBlackFill: 0.05,
      capitalBlackPct: -0.1,
      maxQueue: 65_536,
    });
    expect(config.warnings).toEqual([]);
  });

  test("the table's names and fields agree, and every default is a value it accepts", () => {
    expect(new Set(SETTINGS.map(({ name }) => name)).size).toBe(SETTINGS.length);
    for (const { name, key, kind, default: preset, min, max } of SETTINGS) {
      expect(name.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())).toBe(key);
      expect(typeof preset).toBe(kind === "boolean" ? "boolean" : "number");
      if (typeof preset === "boolean") continue;
      expect(min).toBeLessThanOrEqual(preset);
      expect(max).toBeGreaterThanOrEqual(preset);
      expect(kind === "integer" && !Number.isInteger(preset)).toBe(false);
    }
  });

  test("what a score rule may set is a setting with the same range, and contradicts itself the same way", () => {
    for (const [key, range] of Object.entries(SCORE_SETTINGS)) {
      const setting = SETTINGS.find((candidate) => candidate.key === key);
      expect(setting).toMatchObject({
        kind: range.integer ? "integer" : "number",
        min: range.min,
        max: range.max,
      });
    }
    for (const pair of SCORE_ORDER) expect(SETTINGS_ORDER).toContainEqual(pair);
  });

  test("it cannot be changed, and goes to JSON with all settings and nothing else", () => {
    const config = new ReinConfig({ minSamplesForKill: 15 });
    expect(() => Object.assign(config, { minSamplesForKill: 1 })).toThrow(TypeError);
    const json = JSON.parse(JSON.stringify(config)) as Record<string, unknown>;
    expect(Object.keys(json)).toEqual(SETTINGS.map(({ key }) => key));
    expect(json.minSamplesForKill).toBe(15);
    expect(new ReinConfig(config.toJSON())).toEqual(config);
    expect(new ReinConfig(config).toJSON()).toEqual(config.toJSON());
  });

  test.each<readonly [string, unknown, RegExp]>([
    ["minSamplesForKill", 1.5, /whole number from 1/],
    ["minSamplesForKill", 0, /from 1/],
    ["minSamplesForKill", NaN, /not `NaN`/],
    ["permitTtlSeconds", Infinity, /not `Infinity`/],
    ["shadow", "false", /true or false/],
    ["maxTags", "16", /whole number/],
    ["capitalRedPct", 0.05, /from -1 to 0/],
  ])("a bad %s (%s) is an error that names it", (key, value, message) => {
    const error = errorOf(() => new ReinConfig({ [key]: value }));
    expect(error.variable).toBe(key);
    expect(error.message).toMatch(message);
    expect(error.help).toMatch(/default/);
  });

  test("a setting that does not exist is an error with the one that was meant", () => {
    expect(errorOf(() => new ReinConfig({ minSampleForKill: 5 } as ReinConfigInput)).help).toContain(
      "minSamplesForKill",
    );
    for (const key of ["__proto__", "constructor", "toString"]) {
      const overrides = JSON.parse(`{"${key}": 1}`) as ReinConfigInput;
      expect(errorOf(() => new ReinConfig(overrides)).variable).toBe(key);
    }
    for (const value of [null, 5, []])
      expect(() => new ReinConfig(value as unknown as ReinConfigInput)).toThrow(ConfigError);
  });

  test.each<readonly [ReinConfigInput, string]>([
    [{ execBlackFill: 0.2 }, "execBlackFill"],
    [{ execRedFill: 0.5 }, "execRedFill"],
    [{ capitalBlackPct: -0.01 }, "capitalBlackPct"],
    [{ capitalYellowPct: -0.06 }, "capitalRedPct"],
    [{ portfolioNuclearPct: -0.01 }, "portfolioNuclearPct"],
    [{ edgeYellowP: 0.9 }, "edgeYellowP"],
  ])("settings that contradict each other are refused: %j", (overrides, variable) => {
    expect(errorOf(() => new ReinConfig(overrides))).toMatchObject({
      variable,
      help: expect.stringContaining("both") as string,
    });
  });
});

describe("ReinConfig.fromEnv", () => {
  test("reads every setting", () => {
    const values = new ReinConfig({
      shadow: false,
      maxLanes: 5,
      redCooldownHours: 0.5,
      edgeBlackMeanCents: -3.5,
    });
    const env = Object.fromEntries(SETTINGS.map(({ name, key }) => [`REIN_${name}`, String(values[key])]));
    expect(fromEnv(env)).toEqual(values);
  });

  test.each([
    ["true", true],
    ["TRUE", true],
    ["1", true],
    ["yes", true],
    ["On", true],
    ["false", false],
    ["False", false],
    ["0", false],
    ["NO", false],
    ["off", false],
    [" off ", false],
  ])("the boolean %j is %s", (text, expected) => {
    expect(fromEnv({ REIN_SHADOW: text }).shadow).toBe(expected);
  });

  test("empty, blank and missing variables keep their defaults", () => {
    expect(fromEnv({ REIN_SHADOW: "", REIN_MAX_TAGS: "  ", REIN_MAX_LANES: undefined })).toEqual(
      new ReinConfig(),
    );
  });

  test.each([
    ["MIN_SAMPLES_FOR_KILL", "ten"],
    ["MIN_SAMPLES_FOR_KILL", "1.5"],
    ["MIN_SAMPLES_FOR_KILL", "0x10"],
    ["MIN_SAMPLES_FOR_KILL", "-1"],
    ["SHADOW", "maybe"],
    ["SHADOW", "2"],
    ["PERMIT_TTL_SECONDS", "NaN"],
    ["PERMIT_TTL_SECONDS", "Infinity"],
    ["PERMIT_TTL_SECONDS", "1e999"],
    ["MAX_TAGS", "1,000"],
  ])("REIN_%s=%s is an error that names the variable, the value and what is accepted", (name, text) => {
    const error = errorOf(() => fromEnv({ [`REIN_${name}`]: text }));
    expect(error.variable).toBe(`REIN_${name}`);
    expect(error.message).toContain(`\`REIN_${name}\` must be `);
    expect(error.message).toContain(`not \`${text}\``);
    expect(error.help).toMatch(/default/);
  });

  test("numbers may have signs, fractions and exponents", () => {
    expect(fromEnv({ REIN_CAPITAL_RED_PCT: "-.05", REIN_MAX_LANES: "+1e3" })).toMatchObject({
      capitalRedPct: -0.05,
      maxLanes: 1000,
    });
  });

  test("another prefix reads other variables, with or without its underscore", () => {
    const env = { REIN_MAX_TAGS: "1", TENANT_A_MAX_TAGS: "2", TENANT_AB_MAX_TAGS: "3" };
    expect(fromEnv(env).maxTags).toBe(1);
    expect(fromEnv(env, "TENANT_A").maxTags).toBe(2);
    expect(fromEnv(env, "TENANT_A_").maxTags).toBe(2);
    expect(errorOf(() => fromEnv({ TENANT_A_MAX_TAGS: "x" }, "TENANT_A")).variable).toBe("TENANT_A_MAX_TAGS");
  });

  test("variables with the prefix that mean nothing are told, with what was meant", () => {
    const config = fromEnv({ REIN_SHADOWS: "false", REIN_COLOUR: "red", PATH: "/bin" });
    expect(config.unknownVariables).toEqual(["REIN_COLOUR", "REIN_SHADOWS"]);
    expect(config.warnings[1]).toContain("did you mean `REIN_SHADOW`?");
    expect(config.warnings[0]).not.toContain("did you mean");
    expect(config.shadow).toBe(true);
  });

  test("a contradiction names the variables", () => {
    const error = errorOf(() => fromEnv({ REIN_EXEC_BLACK_FILL: "0.5" }));
    expect(error.variable).toBe("REIN_EXEC_BLACK_FILL");
    expect(error.message).toContain("REIN_EXEC_RED_FILL");
  });

  test("what an environment inherits is not read", () => {
    expect(fromEnv(Object.create({ REIN_MAX_TAGS: "1" }) as Environment).maxTags).toBe(16);
  });
});

test("the generated documentation and JSON Schema are current", () => {
  expect(outdatedFiles(resolve(import.meta.dirname, "../.."))).toEqual([]);
});
