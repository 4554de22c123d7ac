export { jsonlFile, RECORDS_FILE } from "./jsonl-file.js";
export { readRecords, type LogRecord, type PlacedRecord, type ReadOptions } from "./read-records.js";
export { RecordLog, type RecordSink } from "./record-log.js";
export type { DecisionExtra, Recorder } from "./recorder.js";
export { recoverSegments, type Recovered } from "./recover.js";
export { comparePositions, type Position } from "./segment-files.js";
export type { SegmentHeader } from "./segment-lines.js";
export { SegmentSink, type SegmentOptions } from "./segments.js";
