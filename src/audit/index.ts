export { jsonlFile } from "./jsonl-file.js";
export { RecordLog, type RecordSink } from "./record-log.js";
export type { DecisionExtra, Recorder } from "./recorder.js";
