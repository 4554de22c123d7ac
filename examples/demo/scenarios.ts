import { setTimeout as sleep } from "node:timers/promises";
import { ActionRefused, HaltedError } from "rein";
import type { HaltReceipt } from "rein";
import { Journal, runAgent } from "./agent.js";
import type { Run } from "./agent.js";
import { deleteCustomers, honestWork, mailWrongList, retryForever, tradeOn } from "./models.js";
import type { Setup } from "./setup.js";

/** What the agent tried, and what it was told. */
export interface Attempts {
  readonly attempted: number;
  readonly allowed: number;
  readonly failed: number;
  /** The first refusal, word for word. */
  readonly refusal?: string;
}

/** Plays one story in one world; `show` is told the numbers as they grow. All but `Attempts` is counted by servers. */
export type Scenario<Counts> = (
  setup: Setup,
  show: (now: Attempts & Counts) => void,
) => Promise<Attempts & Counts>;

export interface HonestWork {
  readonly requests: number;
  readonly mails: number;
  readonly orders: number;
}

export const honestDay: Scenario<HonestWork> = (setup, show) => {
  const { api, mail, market } = setup.world;
  return observe(setup, show, { model: honestWork(setup.feed), thinkMs: 40 }, () => ({
    requests: api.requests,
    mails: mail.delivered.length,
    orders: market.orders,
  }));
};

export interface RetryLoop {
  readonly requests: number;
  readonly billedUsd: number;
  readonly billedTodayUsd: number;
}

export const retryLoop: Scenario<RetryLoop> = (setup, show) => {
  const { api } = setup.world;
  const before = { requests: api.requests, billedUsd: api.billedUsd };
  api.breakDown();
  return observe(setup, show, { model: retryForever, maxSteps: 400 }, () => ({
    requests: api.requests - before.requests,
    billedUsd: api.billedUsd - before.billedUsd,
    billedTodayUsd: api.billedUsd,
  }));
};

export interface WrongList {
  readonly mails: number;
  readonly wrongPeople: number;
  readonly mailsToday: number;
}

export const wrongList: Scenario<WrongList> = (setup, show) => {
  const { delivered } = setup.world.mail;
  const before = delivered.length;
  return observe(setup, show, { model: mailWrongList, thinkMs: 4 }, () => {
    const mails = delivered.slice(before);
    const wrongPeople = new Set(mails.filter((to) => !to.endsWith("@team.test"))).size;
    return { mails: mails.length, wrongPeople, mailsToday: delivered.length };
  });
};

export interface DeadFeed {
  readonly orders: number;
  readonly staleOrders: number;
  readonly oldestPriceMs: number;
}

const FEED_DIES_AFTER_MS = 400;
const TRADING_ENDS_AFTER_MS = 2300;

export const deadFeed: Scenario<DeadFeed> = async (setup, show) => {
  const { market } = setup.world;
  const before = market.orders;
  const started = performance.now();
  const dying = setTimeout(() => {
    market.killFeed();
  }, FEED_DIES_AFTER_MS);
  const isOver = (): boolean => performance.now() - started > TRADING_ENDS_AFTER_MS;
  try {
    return await observe(setup, show, { model: tradeOn(setup.feed, isOver), thinkMs: 40 }, () => ({
      orders: market.orders - before,
      staleOrders: market.staleOrders,
      oldestPriceMs: market.oldestPriceMs,
    }));
  } finally {
    clearTimeout(dying);
  }
};

export interface SlowTools {
  readonly deletionsAfterStop: number;
  readonly exportsAfterStop: number;
  readonly receipt?: HaltReceipt;
}

const OPERATOR_STOPS_AFTER_MS = 150;
/** Longer than the slowest tool takes: what was going to happen has happened by then. */
const AFTERMATH_MS = 1500;

export const slowTools: Scenario<SlowTools> = async (setup, show) => {
  const { records } = setup.world;
  const running = new AbortController();
  let before = { deletions: records.deletions, exports: records.exports };
  const count = (): SlowTools => ({
    deletionsAfterStop: records.deletions - before.deletions,
    exportsAfterStop: records.exports - before.exports,
  });

  const operator = async (): Promise<HaltReceipt | undefined> => {
    await sleep(OPERATOR_STOPS_AFTER_MS);
    // Counted from the moment the button is pressed: an effect while it is being stopped is an effect.
    before = { deletions: records.deletions, exports: records.exports };
    return setup.stop(running);
  };
  const [receipt, attempts] = await Promise.all([
    operator(),
    observe(setup, show, { model: deleteCustomers, signal: running.signal }, count, sleep(AFTERMATH_MS)),
  ]);
  return { ...attempts, ...(receipt !== undefined && { receipt }) };
};

type Script = Pick<Run, "model" | "maxSteps" | "thinkMs"> & { readonly signal?: AbortSignal };

const SHOW_EVERY_MS = 60;

/** Runs the agent, and shows the numbers as they grow until it is done and `until` has passed as well. */
async function observe<Counts>(
  setup: Setup,
  show: (now: Attempts & Counts) => void,
  script: Script,
  count: () => Counts,
  until?: Promise<unknown>,
): Promise<Attempts & Counts> {
  const journal = new Journal();
  const allowedBefore = setup.allowed ?? 0;
  const now = (): Attempts & Counts => {
    const refusal = journal.errors.find(
      (error) => ActionRefused.isInstance(error) || HaltedError.isInstance(error),
    );
    return {
      attempted: journal.attempted,
      // Where nobody asks, everything is allowed.
      allowed: setup.allowed === undefined ? journal.attempted : setup.allowed - allowedBefore,
      failed: journal.errors.length,
      ...(refusal !== undefined && { refusal: refusal.message }),
      ...count(),
    };
  };
  const showing = setInterval(() => {
    show(now());
  }, SHOW_EVERY_MS);
  try {
    show(now());
    await runAgent({ signal: new AbortController().signal, ...script, tools: setup.tools, journal });
    await until;
  } finally {
    clearInterval(showing);
  }
  return now();
}
