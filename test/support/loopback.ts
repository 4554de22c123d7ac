import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";

/** A real server on 127.0.0.1 that keeps its own books. */
export class Loopback {
  /** Requests that have arrived. */
  requests = 0;
  connections = 0;
  /** Requests that are being answered: their connections are up. */
  answering = 0;
  /** Bytes of request bodies that have arrived. */
  bytesIn = 0;
  readonly #server: Server;

  private constructor(handler: RequestListener) {
    this.#server = createServer((request, response) => {
      this.requests += 1;
      this.answering += 1;
      response.on("close", () => (this.answering -= 1));
      request.on("data", (chunk: Buffer) => (this.bytesIn += chunk.length));
      // A request that is cut off is what these tests are about.
      request.on("error", () => undefined);
      response.on("error", () => undefined);
      handler(request, response);
    });
    this.#server.on("connection", () => (this.connections += 1));
  }

  static async start(handler: RequestListener): Promise<Loopback> {
    const loopback = new Loopback(handler);
    await new Promise<void>((resolve) => loopback.#server.listen(0, "127.0.0.1", resolve));
    return loopback;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** Resolves when the server has seen a connection made after this call: what was sent before has arrived by then. */
  async settled(): Promise<void> {
    const before = this.connections;
    const socket = connect(this.port, "127.0.0.1");
    await until(() => this.connections > before);
    socket.destroy();
    await new Promise((resolve) => setImmediate(resolve));
    this.connections -= 1;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}

/** Answers with a line every few milliseconds until the connection closes; `sent` counts the bytes. */
export class Dripping {
  sent = 0;
  closed = 0;

  readonly answer = (_request: IncomingMessage, response: ServerResponse): void => {
    const drip = (): void => {
      this.sent += 5;
      response.write("drip\n");
    };
    drip();
    const timer = setInterval(drip, 2);
    response.on("close", () => {
      clearInterval(timer);
      this.closed += 1;
    });
  };
}

/** Polls until it holds; fails after ten seconds. */
export async function until(holds: () => boolean, what = String(holds)): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`waited too long until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Whether a process runs; one that nobody has reaped yet does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    if (process.platform !== "linux") return true;
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
