import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { bodyOf, listen } from "./http.js";

/** One price, as it goes over the wire: one JSON object a line. */
export interface Tick {
  readonly seq: number;
  readonly price: number;
}

/** What an order must name, so that the broker knows which price the trader was looking at. */
export interface Order {
  readonly side: "buy" | "sell";
  readonly seq: number;
}

/** A price older than this when the order arrives is stale, by the broker's clock. */
export const STALE_AFTER_MS = 1000;

const TICK_EVERY_MS = 50;

/** A market: a feed of prices over TCP, and a broker over HTTP that knows how old the price behind each order was. */
export interface Market {
  readonly feedPort: number;
  readonly brokerUrl: string;
  readonly orders: number;
  readonly staleOrders: number;
  /** Age of the oldest price that anybody traded on. */
  readonly oldestPriceMs: number;
  /** The feed falls silent. Its connections stay open: nothing tells a client that anything is wrong. */
  killFeed(): void;
  close(): Promise<void>;
}

export async function startMarket(): Promise<Market> {
  const publishedAt: number[] = [];
  const clients = new Set<Socket>();
  const ages: number[] = [];

  const feed = createServer((client) => {
    clients.add(client);
    client.on("close", () => clients.delete(client));
    client.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => {
    feed.listen(0, "127.0.0.1", resolve);
  });
  const ticking = setInterval(() => {
    const seq = publishedAt.push(performance.now()) - 1;
    const tick: Tick = { seq, price: priceAt(seq) };
    for (const client of clients) client.write(`${JSON.stringify(tick)}\n`);
  }, TICK_EVERY_MS);

  const broker = await listen(async (request, response) => {
    const { seq } = (await bodyOf(request)) as Order;
    ages.push(performance.now() - (publishedAt[seq] ?? -Infinity));
    response.writeHead(201).end();
  });

  return {
    feedPort: (feed.address() as AddressInfo).port,
    brokerUrl: broker.url,
    get orders() {
      return ages.length;
    },
    get staleOrders() {
      return ages.filter((age) => age > STALE_AFTER_MS).length;
    },
    get oldestPriceMs() {
      return Math.max(0, ...ages);
    },
    killFeed() {
      clearInterval(ticking);
    },
    async close() {
      clearInterval(ticking);
      for (const client of clients) client.destroy();
      await Promise.all([broker.close(), new Promise((resolve) => feed.close(resolve))]);
    },
  };
}

/** Up and down around 100, so that there is always a reason to trade. */
function priceAt(seq: number): number {
  return Math.round((100 + 3 * Math.sin(seq / 4)) * 100) / 100;
}
