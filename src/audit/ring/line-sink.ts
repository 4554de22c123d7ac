import type { LeafSink } from "../log/leaf-sink.js";

/** Where finished lines go. */
export interface RecordSink {
  /** Writes whole lines; when it throws, the same lines are offered again, and none may end up written twice. */
  write(lines: string): void;
  /** Resolves when what was written would survive a power failure. */
  sync(): Promise<void>;
  /** The same, waited for; absent where waiting would mean a network. */
  syncNow?(): void;
  close(): Promise<void>;
}

/** Where an `InlineLog` puts its leaves. */
export interface InlineSink extends LeafSink {
  /** Segments that were begun. Undefined: this is no log, nothing in it has a place, and lines may be of any length. */
  readonly segments?: number;
  /** Syncs without blocking, in sinks whose `sync` cannot. */
  syncLater?(): Promise<void>;
  /** Ends the log. @throws the system's error */
  close?(): void | Promise<void>;
  /** Lets go of it as it is. */
  release?(): void;
}

/** Lets lines go to a sink of somebody else's, whole: without files for large values, keys or checkpoints. */
export function lineSink(sink: RecordSink): InlineSink {
  return new LineSink(sink);
}

class LineSink implements InlineSink {
  size = 0;
  readonly #sink: RecordSink;
  #waiting = "";
  /** Lines that the sink would not take: offered again as they are. */
  #refused = "";

  constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  get backlog(): number {
    return this.#waiting.length + this.#refused.length;
  }

  append(head: string, tail: string): void {
    this.#waiting += `${head}${this.size++}${tail}\n`;
  }

  blob(): void {
    // Lines of any length need none.
  }

  write(): void {
    while (this.backlog > 0) {
      if (this.#refused === "") {
        this.#refused = this.#waiting;
        this.#waiting = "";
      }
      this.#sink.write(this.#refused);
      this.#refused = "";
    }
  }

  sync(): void {
    this.#sink.syncNow?.();
  }

  syncLater(): Promise<void> {
    return this.#sink.sync();
  }

  checkpoint(): void {
    // Nobody signs these lines.
  }

  tick(): void {
    // Nothing happens here by itself.
  }

  close(): Promise<void> {
    return this.#sink.close();
  }
}

/** Keeps lines, for whoever asks what is in a ring. */
export class LineList implements LeafSink {
  readonly backlog = 0;
  readonly lines: string[] = [];

  get size(): number {
    return this.lines.length;
  }

  append(head: string, tail: string): void {
    this.lines.push(`${head}${this.size}${tail}`);
  }

  blob(): void {}
  write(): void {}
  sync(): void {}
  checkpoint(): void {}
  tick(): void {}
}
