export { unwritable } from "./failures.js";
export { InlineLog, type InlineLogOptions } from "./inline-log.js";
export { lineSink, type InlineSink, type RecordSink } from "./line-sink.js";
export { newRing, Ring, type OutOfBand, type RingBuffers } from "./ring.js";
export { RingReader } from "./ring-reader.js";
export { RingRecorder, type RingExtra } from "./ring-recorder.js";
