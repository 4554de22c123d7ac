import type { Logger, RecordSink } from "../rein/index.js";

/** A logger that keeps what it is told. */
export class MemoryLogger implements Logger {
  readonly lines: { readonly level: "info" | "warn" | "error"; readonly message: string }[] = [];

  info(message: string): void {
    this.lines.push({ level: "info", message });
  }

  warn(message: string): void {
    this.lines.push({ level: "warn", message });
  }

  error(message: string): void {
    this.lines.push({ level: "error", message });
  }
}

/** A sink for records that keeps them, and fails when it is told to. */
export class MemorySink implements RecordSink {
  readonly records: unknown[] = [];
  /** Thrown by the next writes while set, as a full disk would. */
  failure: Error | undefined;

  write(lines: string): void {
    if (this.failure !== undefined) throw this.failure;
    for (const line of lines.split("\n")) if (line !== "") this.records.push(JSON.parse(line));
  }

  sync(): Promise<void> {
    return this.failure === undefined ? Promise.resolve() : Promise.reject(this.failure);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
