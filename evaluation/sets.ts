import type { EvaluationSet } from "./section.js";
import { calibration } from "./sets/calibration/index.js";
import { kills } from "./sets/kills/index.js";
import { nab } from "./sets/nab/index.js";
import { regime } from "./sets/regime/index.js";
import { sessions } from "./sets/sessions/index.js";
import { streams } from "./sets/streams/index.js";
import { tcpd } from "./sets/tcpd/index.js";
import { web } from "./sets/web/index.js";

/** A set with the folders that any of its data is in; none: it simulates. */
export interface RegisteredSet {
  readonly set: EvaluationSet;
  readonly data: readonly string[];
}

/** All sets, in the order of the report. */
export const SETS: readonly RegisteredSet[] = [
  { set: nab, data: ["nab"] },
  { set: tcpd, data: ["tcpd"] },
  { set: regime, data: ["finance"] },
  { set: web, data: ["web"] },
  { set: calibration, data: [] },
  { set: sessions, data: ["sessions"] },
  { set: streams, data: ["streams", "sessions", "web"] },
  { set: kills, data: [] },
];
