import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { messageOf, ReinError } from "../../core/errors.js";
import { MAX_REQUEST_BYTES } from "./witness.js";
import type { Witness, WitnessAnswer } from "./witness.js";

export interface ServeOptions {
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
}

/** A witness that listens. */
export interface ServedWitness {
  /** Its submission prefix: `http://127.0.0.1:7380`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Time for a whole request to come in, and for its head; who is slower holds a connection for nothing. */
const REQUEST_MS = 10_000;
const HEADERS_MS = 5_000;
const MAX_CONNECTIONS = 256;

/**
 * Serves a witness over HTTP: `POST /add-checkpoint` (C2SP tlog-witness). There is no TLS: put a proxy before it that
 * has, or let it listen on a loopback address.
 *
 * @throws ReinError `witness_failed` when it cannot listen
 */
export async function serveWitness(witness: Witness, { host, port }: ServeOptions): Promise<ServedWitness> {
  const server = createServer((request, response) => {
    void answer(witness, request, response);
  });
  server.requestTimeout = REQUEST_MS;
  server.headersTimeout = HEADERS_MS;
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      const message = `the witness cannot listen on ${host}:${port}: ${messageOf(cause)}`;
      reject(new ReinError("witness_failed", message, { help: "choose another --host or --port", cause }));
    });
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return {
    url: `http://${name}:${address.port}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(witness: Witness, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.on("error", () => undefined);
  try {
    send(response, await answerTo(witness, request));
  } catch {
    // Whoever asked is gone.
    response.destroy();
  }
}

async function answerTo(witness: Witness, request: IncomingMessage): Promise<WitnessAnswer> {
  const path = (request.url ?? "").split("?", 1)[0];
  if (path !== "/add-checkpoint") return plain(404, "there is only /add-checkpoint here");
  if (request.method !== "POST") return plain(405, "checkpoints are posted");
  const body = await bodyOf(request);
  return body === undefined
    ? plain(413, `a request has at most ${MAX_REQUEST_BYTES} bytes`)
    : witness.addCheckpoint(body);
}

/** Undefined when there is more than a request may have. */
async function bodyOf(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  // The answer has to go out over the same connection.
  for await (const piece of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > MAX_REQUEST_BYTES) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function send(response: ServerResponse, { status, type, body }: WitnessAnswer): void {
  const headers: Record<string, string | number> = {
    ...{ "content-type": type, "content-length": Buffer.byteLength(body), "cache-control": "no-store" },
    ...(status === 405 && { allow: "POST" }),
    ...(status === 413 && { connection: "close" }),
  };
  response.writeHead(status, headers).end(body);
}

function plain(status: number, message: string): WitnessAnswer {
  return { status, type: "text/plain; charset=utf-8", body: `${message}\n` };
}
