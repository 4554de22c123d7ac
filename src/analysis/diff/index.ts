export {
  diffPolicies,
  type Compared,
  type DiffChange,
  type Effect,
  type Missed,
  type PolicyDiff,
} from "./diff.js";
export { countedText, type Story } from "./story.js";
