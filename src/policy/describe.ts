export { describeRule, explainRules } from "./english/print.js";
