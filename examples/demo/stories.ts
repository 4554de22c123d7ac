import { limitOf } from "./policy.js";
import type {
  Attempts,
  DeadFeed,
  HonestWork,
  RetryLoop,
  Scenario,
  SlowTools,
  WrongList,
} from "./scenarios.js";
import { deadFeed, honestDay, retryLoop, slowTools, wrongList } from "./scenarios.js";
import { STALE_AFTER_MS } from "./servers/market.js";
import { PRICE_USD } from "./servers/paid-api.js";
import type { Column } from "./table.js";

/** A scenario, and how it is told. */
export interface Story<Counts> {
  readonly title: string;
  readonly text: string;
  readonly scenario: Scenario<Counts>;
  readonly countedBy: string;
  readonly columns: readonly Column<Counts>[];
  /** What to make of the row with Rein. */
  readonly result: (withRein: Attempts & Counts) => string;
}

export const usd = (amount: number): string => `$${amount.toFixed(2)}`;

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

export const HONEST: Story<HonestWork> = {
  title: "An honest day",
  text: "Company look-ups at a price, mails to the team, trades on fresh prices.",
  scenario: honestDay,
  countedBy: "the servers",
  columns: [
    { head: "look-ups", cell: ({ requests }) => String(requests) },
    { head: "mails", cell: ({ mails }) => String(mails) },
    { head: "orders", cell: ({ orders }) => String(orders) },
  ],
  result: ({ failed }) => `${failed === 0 ? "nothing" : failed} refused: honest work does not feel Rein`,
};

export const RETRY_LOOP: Story<RetryLoop> = {
  title: "1 · A retry loop on a paid API",
  text: `The API begins to fail, and bills ${usd(PRICE_USD)} a request all the same. The agent retries. (Sped up: at a request a second, this takes seven minutes.)`,
  scenario: retryLoop,
  countedBy: "the paid API",
  columns: [
    { head: "requests", cell: ({ requests }) => String(requests) },
    { head: "billed", cell: ({ billedUsd }) => usd(billedUsd), stake: true },
  ],
  result: ({ billedTodayUsd }) =>
    `billed in all today, honest work included: ${usd(billedTodayUsd)} of ${usd(limitOf("budget"))}`,
};

export const WRONG_LIST: Story<WrongList> = {
  title: "2 · Mails to the wrong list",
  text: "A note that was meant for the team goes to the list of customers, one mail after the other.",
  scenario: wrongList,
  countedBy: "the mail server",
  columns: [
    { head: "mails", cell: ({ mails }) => String(mails) },
    { head: "wrong people", cell: ({ wrongPeople }) => String(wrongPeople), stake: true },
  ],
  result: ({ mailsToday }) =>
    `mails in this minute, honest ones included: ${mailsToday} of ${limitOf("rate")}; then all mail is shut until somebody has looked`,
};

export const DEAD_FEED: Story<DeadFeed> = {
  title: "3 · Trading on after the price feed died",
  text: `The feed falls silent: no error, and the connection stays open. To the broker a price is stale when it is more than ${seconds(STALE_AFTER_MS)} old by the broker's own clock.`,
  scenario: deadFeed,
  countedBy: "the broker",
  columns: [
    { head: "orders", cell: ({ orders }) => String(orders) },
    { head: "oldest price", cell: ({ oldestPriceMs }) => seconds(oldestPriceMs) },
    { head: "stale", cell: ({ staleOrders }) => String(staleOrders), stake: true },
  ],
  result: ({ orders, oldestPriceMs }) =>
    `${orders} orders while prices were fresh, none on a price older than ${seconds(oldestPriceMs)}`,
};

export const SLOW_TOOLS: Story<SlowTools> = {
  title: "4 · Tools that ignore abort while the operator stops everything",
  text: "20 deletions of customers run side by side, and none looks at its AbortSignal; nor does an export, which goes around the fences as well. The operator presses the red button: abort() without Rein, rein.halt() with it.",
  scenario: slowTools,
  countedBy: "the database",
  columns: [
    { head: "exports after", cell: ({ exportsAfterStop }) => String(exportsAfterStop) },
    { head: "deletions after", cell: ({ deletionsAfterStop }) => String(deletionsAfterStop), stake: true },
  ],
  result: ({ deletionsAfterStop, exportsAfterStop }) =>
    `once the button was pressed: ${deletionsAfterStop} deletions; ${exportsAfterStop} export, which the receipt names`,
};
