export { jsonlFile, RECORDS_FILE } from "./jsonl-file.js";
export { RecordLog, type RecordSink } from "./record-log.js";
export type { DecisionExtra, RecordedVerdict, Recorder } from "./recorder.js";
