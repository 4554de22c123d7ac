import { blobs, missing, notes, otherHistories, rollbacks } from "./ends.js";
import { betweenLines, brokenRules, forms } from "./forms.js";
import { seals, stolenKey, stripped, withoutKey } from "./keys.js";
import { editedRecords, movedRecords } from "./records.js";
import type { Mutant } from "./tools.js";

/** Every way to tamper with a log that the verifiers are tried on. */
export const MUTANTS: readonly Mutant[] = [
  ...editedRecords,
  ...movedRecords,
  ...forms,
  ...betweenLines,
  ...brokenRules,
  ...withoutKey,
  ...stripped,
  ...stolenKey,
  ...seals,
  ...missing,
  ...rollbacks,
  ...otherHistories,
  ...notes,
  ...blobs,
];
