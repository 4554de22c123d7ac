import { InvalidInputError } from "../../core/errors.js";

export const DAY_MS = 86_400_000;

/** Names of rules that say how long logs are kept. */
export type RetentionPreset = "eu-ai-act" | "soc2" | "pci" | "hipaa" | "finance";

export interface PresetFacts {
  readonly days: number;
  /** Where the number comes from, in words. */
  readonly why: string;
}

/** What the rules ask for at least, rounded up; whether they apply is a legal question. */
export const RETENTION_PRESETS: Readonly<Record<RetentionPreset, PresetFacts>> = {
  "eu-ai-act": { days: 183, why: "EU AI Act, Art. 19(1) and 26(6): at least six months" },
  soc2: { days: 400, why: "SOC 2: the window of a Type II report is usually twelve months" },
  pci: { days: 400, why: "PCI DSS 10.5.1: twelve months, of which three at hand" },
  hipaa: { days: 2_200, why: "HIPAA: six years" },
  finance: { days: 2_600, why: "finance (such as MiFID II): up to seven years" },
};

export const DEFAULT_PRESET: RetentionPreset = "soc2";
/** Below this nothing is removed because of its age, unless somebody insists. */
export const FLOOR_DAYS = RETENTION_PRESETS["eu-ai-act"].days;
const MAX_DAYS = 36_500;

/**
 * How many days records are kept.
 *
 * @param forced fewer days than the floor are meant
 * @throws InvalidInputError
 */
export function retentionDays(given: number | RetentionPreset = DEFAULT_PRESET, forced = false): number {
  const days = typeof given === "number" ? given : RETENTION_PRESETS[given].days;
  if (!Number.isInteger(days) || days < 1 || days > MAX_DAYS) {
    throw new InvalidInputError(
      "days",
      `records are kept for a whole number of days from 1 to ${MAX_DAYS}, not \`${days}\``,
    );
  }
  if (days >= FLOOR_DAYS || forced) return days;
  throw new InvalidInputError(
    "days",
    `${days} days are fewer than the ${FLOOR_DAYS} that records are kept at least`,
    {
      help: `the EU AI Act asks for six months (Art. 19 and 26); use --force when you know that you may`,
    },
  );
}
