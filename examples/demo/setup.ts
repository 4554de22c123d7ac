import type { HaltReceipt } from "rein";
import type { PriceFeed } from "./price-feed.js";
import type { World } from "./servers/world.js";
import type { Tools } from "./tools.js";

/** One world, with the tools that reach it. There are two: the same agent runs in both. */
export interface Setup {
  readonly label: "without Rein" | "with Rein";
  readonly world: World;
  readonly tools: Tools;
  readonly feed: PriceFeed;
  /** Calls that were let through so far; undefined where nobody asks. */
  readonly allowed: number | undefined;
  /** What the operator's red button does. */
  stop(running: AbortController): Promise<HaltReceipt | undefined>;
  close(): Promise<void>;
}
