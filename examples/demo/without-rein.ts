import { followPrices } from "./price-feed.js";
import { startWorld } from "./servers/world.js";
import type { Setup } from "./setup.js";
import { createTools } from "./tools.js";

/** The agent as most of them run today. */
export async function setUpWithoutRein(): Promise<Setup> {
  const world = await startWorld();
  const feed = await followPrices(world.market.feedPort);
  const { tools, close } = createTools(world, { fetch, check: () => undefined });
  return {
    label: "without Rein",
    world,
    tools,
    feed,
    allowed: undefined,
    async stop(running) {
      running.abort();
      return undefined;
    },
    async close() {
      feed.close();
      close();
      await world.close();
    },
  };
}
