export { diffPolicies, type Compared, type DiffChange, type Effect, type PolicyDiff } from "./diff.js";
export { countedText, type Story } from "./story.js";
