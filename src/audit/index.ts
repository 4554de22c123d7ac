export { fileHeads } from "./log/head.js";
export type { Head, HeadKeeper } from "./log/head.js";
export { isLog, listSegments, logDirIn, logDirOf, logPlaces } from "./log/layout.js";
export type { LogRecord } from "./log/leaf.js";
export type { LeafSink } from "./log/leaf-sink.js";
export { logBytes, readLog, withValues } from "./log/reader.js";
export type { ReadOptions } from "./log/reader.js";
export { recoverLog } from "./log/recover.js";
export type { LogEnd } from "./log/recover.js";
export { LogTail } from "./log/tail.js";
export { LogWriter } from "./log/writer.js";
export type { WriterOptions } from "./log/writer.js";
export { commitmentOf, keptPath, SaltPool } from "./privacy/index.js";
export type { KeptValue } from "./privacy/index.js";
export { isKeyName } from "./note/index.js";
export type {
  DecisionExtra,
  GovernorLog,
  LaneNames,
  MeasureNames,
  RecordedVerdict,
  Recorder,
} from "./recorder.js";
export { prune } from "./retention/index.js";
export { InlineLog } from "./ring/inline-log.js";
export { lineSink } from "./ring/line-sink.js";
export type { RecordSink } from "./ring/line-sink.js";
