import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import type { Tick } from "./servers/market.js";

/** The program's view of the market: the last price it heard of, however long ago that was. */
export interface PriceFeed {
  readonly latest: Tick;
  close(): void;
}

/** Connects, and waits for the first price. `onTick` hears every price. */
export async function followPrices(port: number, onTick?: (tick: Tick) => void): Promise<PriceFeed> {
  const socket = connect(port, "127.0.0.1");
  const lines = createInterface({ input: socket });
  let latest: Tick | undefined;
  lines.on("line", (line) => {
    latest = JSON.parse(line) as Tick;
    onTick?.(latest);
  });
  await once(lines, "line");
  return {
    get latest() {
      return latest!;
    },
    close() {
      lines.close();
      socket.destroy();
    },
  };
}
