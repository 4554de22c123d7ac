import type { ReadableByteStreamController, UnderlyingByteSource } from "node:stream/web";

/**
 * One request and its answer, as long as anything of it is under way. Knows how to cut it, and tells when it is over.
 *
 * Permits and the caller's signal hold the exchange, so it holds the body weakly: a response that nobody can read
 * any more must be free to go.
 */
export class Exchange {
  readonly #controller = new AbortController();
  readonly #endings: (() => void)[] = [];
  #body: WeakRef<FencedBody> | undefined;
  #over = false;

  /** For the plain `fetch`. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Stops it with this reason, wherever it is. It is over when that has been seen to work. */
  cut(reason: unknown): void {
    if (this.#over || this.signal.aborted) return;
    this.#controller.abort(reason);
    // Before there is a body the rejection of `fetch` ends the exchange.
    this.#body?.deref()?.stop(reason);
  }

  /** The response was dropped: closes what is left of its connection. */
  forget(): void {
    this.cut(new DOMException("The response was dropped before its body was read.", "AbortError"));
    this.end();
  }

  /** Lets a signal of the caller's cut it too, with that signal's reason. */
  follow(signal: AbortSignal | null | undefined): void {
    if (signal === null || signal === undefined) return;
    // Anything else fails in `fetch`, which says what it takes.
    if (typeof signal.aborted !== "boolean" || typeof signal.addEventListener !== "function") {
      throw new TypeError("Expected init.signal to be an instance of AbortSignal.");
    }
    if (signal.aborted) {
      this.cut(signal.reason);
      return;
    }
    const onAbort = (): void => this.cut(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    this.onEnd(() => signal.removeEventListener("abort", onAbort));
  }

  /** The answer has a body, which is under way until it ends. */
  carry(body: FencedBody): void {
    this.#body = new WeakRef(body);
    dropped.register(body, this);
    if (this.signal.aborted) body.stop(this.signal.reason);
  }

  onEnd(callback: () => void): void {
    this.#endings.push(callback);
  }

  /** Nothing of it is under way any more. */
  end(): void {
    this.#over = true;
    for (const callback of this.#endings.splice(0)) callback();
  }

  /** Why it failed: a cut is the reason, whatever the transport made of it. */
  reasonFor(error: unknown): unknown {
    return this.signal.aborted ? this.signal.reason : error;
  }
}

const dropped = new FinalizationRegistry<Exchange>((exchange) => exchange.forget());

/** The response with its body behind the fence. */
export function fenced(response: Response, exchange: Exchange): Response {
  if (response.body === null) {
    exchange.end();
    return response;
  }
  const body = new FencedBody(response, exchange);
  const stream = new ReadableStream(body);
  exchange.carry(body);
  const type = response.headers.get("content-type");
  // blob() and formData() go by the type; all else that it says of itself is the response's own.
  return dressed(new Response(stream, type === null ? {} : { headers: { "content-type": type } }), response);
}

const FACTS = ["headers", "ok", "redirected", "status", "statusText", "type", "url"] as const;

/** Makes `answer` say of itself what `response` says: a `Response` cannot be made with a URL, or with any status. */
function dressed(answer: Response, response: Response): Response {
  for (const fact of FACTS)
    Object.defineProperty(answer, fact, { value: response[fact], configurable: true });
  const clone = (): Response => dressed(Response.prototype.clone.call(answer), response);
  return Object.defineProperty(answer, "clone", { value: clone, configurable: true, writable: true });
}

/**
 * The bytes of a response, passed on as they are asked for and watched to their end. The response is locked by the
 * first read only: until then the platform closes the connection of one that was dropped, and so it must stay.
 */
class FencedBody implements UnderlyingByteSource {
  readonly type = "bytes";
  readonly #response: Response;
  readonly #exchange: Exchange;
  #reading: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #controller: ReadableByteStreamController | undefined;

  constructor(response: Response, exchange: Exchange) {
    this.#response = response;
    this.#exchange = exchange;
  }

  start(controller: ReadableByteStreamController): void {
    this.#controller = controller;
  }

  async pull(controller: ReadableByteStreamController): Promise<void> {
    try {
      const chunk = await this.#nextChunk();
      if (chunk !== undefined) {
        controller.enqueue(chunk);
        return;
      }
      this.#exchange.end();
      controller.close();
      controller.byobRequest?.respond(0);
    } catch (error) {
      // After a cut the stream has failed already, and `stop` ends the exchange when the transport has let go.
      if (!this.#exchange.signal.aborted) this.#exchange.end();
      throw this.#exchange.reasonFor(error);
    }
  }

  async cancel(reason: unknown): Promise<void> {
    try {
      await this.#reader.cancel(reason);
    } finally {
      this.#exchange.end();
    }
  }

  /** Fails the stream at once; the exchange is over when the transport has let go of it. */
  stop(reason: unknown): void {
    this.#controller?.error(reason);
    const end = (): void => this.#exchange.end();
    this.#reader.cancel(reason).then(end, end);
  }

  get #reader(): ReadableStreamDefaultReader<Uint8Array> {
    return (this.#reading ??= this.#response.body!.getReader());
  }

  /** The next bytes, undefined at the end. */
  async #nextChunk(): Promise<Uint8Array | undefined> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) return undefined;
      // Enqueueing takes the memory away from its owner, so a view of something larger is copied.
      const whole = value.byteLength === value.buffer.byteLength;
      if (value.byteLength > 0) return whole ? value : new Uint8Array(value);
    }
  }
}
