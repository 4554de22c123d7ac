import { startMailServer } from "./mail-server.js";
import type { MailServer } from "./mail-server.js";
import { startMarket } from "./market.js";
import type { Market } from "./market.js";
import { startPaidApi } from "./paid-api.js";
import type { PaidApi } from "./paid-api.js";
import { startRecords } from "./records.js";
import type { Records } from "./records.js";

/** Everything outside the agent: real servers on loopback, which count what reaches them. */
export interface World {
  readonly api: PaidApi;
  readonly mail: MailServer;
  readonly market: Market;
  readonly records: Records;
  close(): Promise<void>;
}

export async function startWorld(): Promise<World> {
  const [api, mail, market, records] = await Promise.all([
    startPaidApi(),
    startMailServer(),
    startMarket(),
    startRecords(),
  ]);
  return {
    api,
    mail,
    market,
    records,
    async close() {
      await Promise.all([api.close(), mail.close(), market.close(), records.close()]);
    },
  };
}
