import { setTimeout as sleep } from "node:timers/promises";
import { createTransport } from "nodemailer";
import type { Order } from "./servers/market.js";
import type { World } from "./servers/world.js";

/** What a tool gets besides its arguments; like so many tools, those here never look at it. */
export interface Context {
  readonly signal: AbortSignal;
}

type Tool<A> = (args: A, context: Context) => Promise<unknown>;

/** What the agent can do. */
export type Tools = {
  readonly lookup_company: Tool<{ name: string }>;
  readonly send_email: Tool<{ to: string; subject: string }>;
  readonly place_order: Tool<Order>;
  readonly delete_customer: Tool<{ id: number; workMs: number }>;
  readonly export_backup: Tool<{ workMs: number }>;
};

/** How the tools reach the world: see `without-rein.ts` and `with-rein.ts`. */
export interface WayOut {
  readonly fetch: typeof fetch;
  /** Called right before an effect that does not go through `fetch`. */
  readonly check: () => void;
}

/** The tools, and how to hang up their connections. */
export interface Toolbox {
  readonly tools: Tools;
  readonly close: () => void;
}

export function createTools({ api, mail, market, records }: World, { fetch, check }: WayOut): Toolbox {
  const post = async (url: string, body: unknown): Promise<unknown> => {
    const response = await fetch(url, { method: "POST", body: JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`HTTP ${response.status}: ${text}`);
    return text;
  };
  const mailer = createTransport({ host: "127.0.0.1", port: mail.port, ignoreTLS: true, pool: true });

  const tools: Tools = {
    lookup_company: (args) => post(`${api.url}/companies`, args),

    async send_email({ to, subject }) {
      check();
      await mailer.sendMail({ from: "office@acme.test", to, subject, text: "Hello!" });
      return "sent";
    },

    place_order: (order) => post(`${market.brokerUrl}/orders`, order),

    // Slow work first, the effect at the end, and not a look at the signal in between.
    async delete_customer({ id, workMs }) {
      await sleep(workMs);
      await fetch(`${records.url}/customers/${id}`, { method: "DELETE" });
      return "deleted";
    },

    // The one tool that nobody gave a fence: it goes around `fetch` from above, as code from elsewhere may.
    async export_backup({ workMs }) {
      await sleep(workMs);
      await globalThis.fetch(`${records.url}/exports`, { method: "POST" });
      return "exported";
    },
  };
  return {
    tools,
    close() {
      mailer.close();
    },
  };
}
