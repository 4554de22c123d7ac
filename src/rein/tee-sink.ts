import type { RecordSink, SegmentSink } from "../audit/index.js";

/** Writes records to the segments that recovery reads, and to a sink of the caller's. */
export class TeeSink implements RecordSink {
  readonly #segments: SegmentSink;
  readonly #other: RecordSink;
  /** Lines that the segments have taken and the other sink has not. */
  #half: string | null = null;

  constructor(segments: SegmentSink, other: RecordSink) {
    this.#segments = segments;
    this.#other = other;
  }

  get position(): SegmentSink["position"] {
    return this.#segments.position;
  }

  get isFull(): boolean {
    return this.#segments.isFull;
  }

  write(lines: string): void {
    if (this.#half !== lines) {
      this.#segments.write(lines);
      this.#half = lines;
    }
    this.#other.write(lines);
    this.#half = null;
  }

  async sync(): Promise<void> {
    await this.#segments.sync();
    await this.#other.sync();
  }

  syncNow(): void {
    this.#segments.syncNow();
    this.#other.syncNow?.();
  }

  seal(): void {
    this.#segments.seal();
  }

  rotate(): void {
    this.#segments.rotate();
  }

  async close(): Promise<void> {
    await this.#segments.close();
    await this.#other.close();
  }
}
