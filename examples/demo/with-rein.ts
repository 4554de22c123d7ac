import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Rein } from "rein";
import type { Logger } from "rein";
import { governedFetch } from "rein/fetch";
import { policy } from "./policy.js";
import { followPrices } from "./price-feed.js";
import { PRICE_USD } from "./servers/paid-api.js";
import { startWorld } from "./servers/world.js";
import type { Setup } from "./setup.js";
import { createTools } from "./tools.js";
import type { Tools } from "./tools.js";

const AGENT = "office_agent";

/** Everything there is to do to put the same agent under Rein. */
export async function setUpWithRein(logger: Logger): Promise<Setup & { readonly dir: string }> {
  const dir = stateDir();
  // What an earlier demo left is not gone on with.
  rmSync(dir, { recursive: true, force: true });
  const rein = await Rein.open({ policy, mode: "enforce", dir, logger });
  const world = await startWorld();

  // Rein hears what the program hears: when the prices stop, it knows.
  const feed = await followPrices(world.market.feedPort, ({ price }) => {
    rein.signal("price_feed", price);
  });

  // The fences: what goes out goes out here, and only under a permit that is still good.
  const { tools, close } = createTools(world, { fetch: governedFetch, check: () => rein.current()?.check() });

  let allowed = 0;
  rein.on("decision", ({ decision }) => {
    if (decision.allowed) allowed += 1;
  });

  return {
    label: "with Rein",
    dir,
    world,
    tools: govern(rein, tools),
    feed,
    get allowed() {
      return allowed;
    },
    stop: () =>
      rein.halt({ by: "operator", reason: "it is deleting customers", deadlineMs: HALT_DEADLINE_MS }),
    async close() {
      feed.close();
      close();
      await rein.close();
      await world.close();
    },
  };
}

const HALT_DEADLINE_MS = 800;

/** State and log stay there, to be looked at. */
function stateDir(): string {
  return process.env["REIN_DEMO_DIR"] ?? fileURLToPath(new URL("../../demo", import.meta.url));
}

/** The gate: every call of every tool passes it. What a call may cost is said where it is known. */
function govern(rein: Rein, tools: Tools): Tools {
  return {
    ...rein.governTools({ source: AGENT }, tools),
    lookup_company: rein.governed(
      { source: AGENT, series: "lookup_company", cost: { usd: PRICE_USD } },
      tools.lookup_company,
    ),
  };
}
