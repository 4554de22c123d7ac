export { DenialStorm } from "./denial-storm.js";
export { hashText } from "./hash-text.js";
export { Known } from "./known.js";
export { Newcomers } from "./newcomers.js";
export { Runaway } from "./runaway.js";
