import { listen } from "./http.js";

/** What one request costs, answered or not. */
export const PRICE_USD = 0.5;

/** Long enough to be a request, short enough not to wait for: a real API takes about a second. */
const ANSWER_AFTER_MS = 2;

/** A company directory that bills every request, those it fails to answer included. */
export interface PaidApi {
  readonly url: string;
  readonly requests: number;
  readonly billedUsd: number;
  /** From now on every request fails, and is billed all the same. */
  breakDown(): void;
  close(): Promise<void>;
}

export async function startPaidApi(): Promise<PaidApi> {
  let requests = 0;
  let broken = false;
  const service = await listen((request, response) => {
    requests += 1;
    request.resume();
    setTimeout(() => {
      response.writeHead(broken ? 503 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify(broken ? { error: "temporarily unavailable" } : { employees: 120 }));
    }, ANSWER_AFTER_MS);
  });
  return {
    url: service.url,
    get requests() {
      return requests;
    },
    get billedUsd() {
      return requests * PRICE_USD;
    },
    breakDown() {
      broken = true;
    },
    close: service.close,
  };
}
