import { Readable } from "node:stream";
import type { Permit } from "../rein/index.js";
import { Exchange, fenced } from "./exchange.js";
import { passFence } from "./fence.js";

/** What `fetch` takes, and the permit to act under. */
export interface GovernedRequestInit extends RequestInit {
  /** Acts under this permit too, besides those of the governed calls that are running. */
  readonly permit?: Permit | undefined;
}

// Kept from the start: `globalThis.fetch = governedFetch` must not call itself.
const plainFetch = globalThis.fetch;

/**
 * `fetch` behind a fence: sends only while every permit it runs under is good, and a halt cuts the connection, headers
 * or body, upload or download.
 *
 * It acts under the permits of all governed calls that are running, of every Rein, and under `init.permit`. They are
 * checked right before sending; when one becomes void the socket is destroyed, and the call or the body being read
 * fails with that `HaltedError`. An abort of the caller's own `init.signal` keeps its own reason.
 *
 * - The request counts as in flight until its body has been read to the end, cancelled or has failed, even when the
 *   action is settled before. Read a body or cancel it (`await response.body?.cancel()`): one that is merely dropped
 *   counts as in flight until the garbage collector finds it, and then its connection is closed.
 * - Redirects are followed within the same call: a halt stops the next hop, but no rule is asked about it. Pass
 *   `redirect: "manual"` to ask the gate about each.
 * - What has left this machine before the halt cannot be called back.
 * - A stream that is being uploaded is cancelled by a halt, but for one that was put into a `Request` beforehand: Node
 *   may read that on, and send no more of it.
 * - The response is the one that `fetch` gives but for its body, which is the same bytes behind the fence.
 * - It sends with the `fetch` that was global when this module was loaded, so it can take its place.
 *
 * @throws ReinError `no_permit` outside of any governed call, `already_settled`; HaltedError; InvalidInputError when
 *   `init.permit` is no permit; else what `fetch` throws
 *
 * @example
 * ```ts
 * import { Rein } from "rein";
 * import { governedFetch } from "rein/fetch";
 *
 * const rein = await Rein.open({ mode: "enforce" });
 * const lookUp = rein.governed({ source: "support_agent", series: "look_up" }, async (id: string) => {
 *   const response = await governedFetch(`https://api.example.com/customers/${id}`);
 *   return response.json();
 * });
 * ```
 */
export async function governedFetch(
  input: Parameters<typeof fetch>[0],
  init?: GovernedRequestInit,
): Promise<Response> {
  const { permit, ...plain } = membersOf(init);
  const exchange = new Exchange();
  exchange.onEnd(passFence("fetch", permit, (reason) => exchange.cut(reason)));
  try {
    exchange.follow(plain.signal === undefined && input instanceof Request ? input.signal : plain.signal);
    const sent: RequestInit = { ...plain, signal: exchange.signal };
    if (isIterable(sent.body)) sent.body = cuttable(sent.body, exchange.signal);
    const response = await plainFetch(input, sent);
    return fenced(response, exchange);
  } catch (error) {
    exchange.end();
    throw exchange.reasonFor(error);
  }
}

/** What `fetch` would read from it; a `Request`, which may be passed as `init`, has its members on the prototype. */
function membersOf(init: GovernedRequestInit | undefined): GovernedRequestInit {
  const members: Record<string, unknown> = {};
  for (const name in init) members[name] = init[name as keyof GovernedRequestInit];
  return members;
}

function isIterable(body: unknown): body is ReadableStream | Readable {
  return typeof body === "object" && body !== null && Symbol.asyncIterator in body;
}

/** The transport reads a stream it was sending to the end, even when the request is aborted: this one is cancelled. */
function cuttable(body: ReadableStream | Readable, signal: AbortSignal): ReadableStream | Readable {
  const stream = body instanceof ReadableStream ? body : ReadableStream.from<unknown>(body);
  // A body that cannot be used is for `fetch` to refuse.
  if (stream.locked || Readable.isDisturbed(stream as never)) return body;
  return stream.pipeThrough(new TransformStream(), { signal });
}
