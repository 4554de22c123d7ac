import { ALLOCATION } from "./allocation.js";
import { AUDIT } from "./audit.js";
import { BACKTEST } from "./backtest.js";
import type { Bench } from "./bench.js";
import { DETECT } from "./detect.js";
import { DETECT_GATE } from "./detect-gate.js";
import { DURABLE } from "./durable.js";
import { ENGLISH } from "./english.js";
import { GATE } from "./gate.js";
import { HALT } from "./halt.js";
import { MEMORY } from "./memory.js";
import { SHARE } from "./share.js";

/** Rein by itself, in the order in which it is shown. */
export const BENCHES: readonly Bench[] = [
  ...GATE,
  ...DURABLE,
  ...AUDIT,
  ...SHARE,
  ...ALLOCATION,
  ...DETECT,
  ...DETECT_GATE,
  ...MEMORY,
  ...HALT,
  ...ENGLISH,
  ...BACKTEST,
];
