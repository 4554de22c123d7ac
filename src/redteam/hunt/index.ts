export { hunt } from "./hunt.js";
export type { HuntOptions } from "./hunt.js";
export { replayHunt } from "./replay.js";
export { shrink } from "./shrink.js";
export type { Hunt, Trace } from "./trace.js";
