import type { Bench } from "./bench.js";
import { GATE } from "./gate.js";

/** Every benchmark, in the order in which they are shown. */
export const BENCHES: readonly Bench[] = [...GATE];
