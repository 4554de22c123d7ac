export * from "./anomaly/index.js";
export * from "./breaker/index.js";
export * from "./evidence/index.js";
export * from "./loop/index.js";
export * from "./novelty/index.js";
export * from "./regime/index.js";
export * from "./score/index.js";
