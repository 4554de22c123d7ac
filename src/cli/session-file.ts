import { DateTime } from "luxon";
import { MAX_DURATION_MS } from "../core/duration.js";
import { InvalidInputError } from "../core/errors.js";
import { nearest } from "../core/nearest.js";
import { harmless } from "./io.js";
import type { Line } from "./lines.js";
import { readLines } from "./lines.js";
import type { RecordedEvent, RecordedSession } from "./recorded.js";

/** The last time that is accepted: the end of the year 9999. */
const MAX_AT = 253_402_300_799_999;

/** Fields without a meaning that are told by name. */
const MAX_IGNORED_FIELDS = 20;

type Fields = Readonly<Record<string, unknown>>;

/** Fields of an event by its type, and of what stands in it. */
const ACTION_FIELDS = [
  ...["source", "series", "args", "tags", "cost"],
  ...["ok", "at", "latencyMs", "progress", "slippageCents", "result"],
];
const SIGNAL_FIELDS = ["signal", "value", "at"];
const BALANCE_FIELDS = ["balance", "at"];
const BALANCE_INNER = ["account", "start", "current", "realizedToday"];
const REALIZE_FIELDS = ["realize", "at"];
const REALIZE_INNER = ["source", "series", "pnl", "predictedEdge", "capitalPct"];

/** A file of recorded sessions, read as it is replayed: one session a line, or one event a line (then it is one session). */
export class SessionFile {
  readonly path: string;
  /** How much has been read so far. */
  bytesRead = 0;
  /** Fields of events that mean nothing here, with how often each came; a typing slip shows up in it. */
  readonly ignoredFields = new Map<string, number>();

  constructor(path: string) {
    this.path = path;
  }

  /** @throws InvalidInputError that names the file and the line */
  async *sessions(): AsyncGenerator<RecordedSession, void, void> {
    const lines = readLines(this.path, (bytes) => (this.bytesRead += bytes));
    try {
      const first = await lines.next();
      if (first.done === true) {
        throw new InvalidInputError("file", `\`${this.path}\` is empty: there is no session in it`, {
          help: FORMAT,
        });
      }
      if (isSession(this.#parse(first.value))) {
        let line: IteratorResult<Line, void> = first;
        for (; line.done !== true; line = await lines.next()) yield this.#sessionOf(line.value);
      } else {
        yield { id: "1", events: this.#events(first.value, lines) };
      }
    } finally {
      await lines.return();
    }
  }

  async *#events(first: Line, rest: AsyncIterable<Line>): AsyncGenerator<RecordedEvent, void, void> {
    yield this.#eventOfLine(first);
    for await (const line of rest) yield this.#eventOfLine(line);
  }

  #sessionOf(line: Line): RecordedSession {
    const fields = this.#parse(line);
    const place = `line ${line.number}`;
    if (!isSession(fields))
      throw this.#error(place, "is no session, and the lines before are sessions", FORMAT);
    const { id, events } = fields;
    if (!Array.isArray(events)) throw this.#error(place, "has `events` that are no list", FORMAT);
    if (!absent(id) && typeof id !== "string" && typeof id !== "number") {
      throw this.#error(
        place,
        "has an `id` that is neither text nor a number",
        "leave it out: the line then names the session",
      );
    }
    return {
      id: absent(id) ? place : String(id),
      events: events.map((event, index) => this.#event(event, `${place}, event ${index + 1}`)),
    };
  }

  #eventOfLine(line: Line): RecordedEvent {
    const fields = this.#parse(line);
    const place = `line ${line.number}`;
    if (isSession(fields))
      throw this.#error(place, "is a session, and the lines before are single events", FORMAT);
    return this.#event(fields, place);
  }

  #parse({ number, text }: Line): Fields {
    let value: unknown;
    try {
      // A byte order mark is no JSON, and common at the start of files from Windows.
      value = JSON.parse(text.startsWith("\ufeff") ? text.slice(1) : text);
    } catch (cause) {
      const why = cause instanceof Error ? harmless(cause.message, 120) : "";
      throw this.#error(`line ${number}`, `is not JSON: ${why}`, FORMAT);
    }
    if (!isObject(value)) throw this.#error(`line ${number}`, "is not an object", FORMAT);
    return value;
  }

  #event(value: unknown, place: string): RecordedEvent {
    if (!isObject(value)) throw this.#error(place, "is not an object", FORMAT);
    const reader = new FieldReader(value, (what, help) => this.#error(place, what, help));
    const at = reader.time("at");
    if (!absent(value["signal"])) {
      this.#noteIgnored(value, SIGNAL_FIELDS);
      return { type: "signal", place, at, signal: reader.text("signal"), value: reader.number("value") };
    }
    if (!absent(value["balance"])) {
      this.#noteIgnored(value, BALANCE_FIELDS);
      const inner = this.#inner(reader, "balance", BALANCE_INNER, place);
      return {
        ...{ type: "balance", place, at },
        account: inner.given("account") ? inner.text("account") : undefined,
        start: inner.number("start"),
        current: inner.number("current"),
        realizedToday: inner.maybeNumber("realizedToday"),
      };
    }
    if (!absent(value["realize"])) {
      this.#noteIgnored(value, REALIZE_FIELDS);
      const inner = this.#inner(reader, "realize", REALIZE_INNER, place);
      return {
        ...{ type: "realize", place, at },
        source: inner.text("source"),
        series: inner.text("series"),
        pnl: inner.number("pnl"),
        predictedEdge: inner.maybeNumber("predictedEdge"),
        capitalPct: inner.maybeNumber("capitalPct"),
      };
    }
    this.#noteIgnored(value, ACTION_FIELDS);
    return {
      type: "action",
      place,
      at,
      source: reader.text("source"),
      series: reader.text("series"),
      args: value["args"],
      tags: reader.values("tags", ["string", "number", "boolean"]) as Record<string, string> | undefined,
      cost: reader.values("cost", ["number"]) as Record<string, number> | undefined,
      ok: reader.flag("ok") ?? true,
      latencyMs: reader.latency("latencyMs"),
      progress: reader.flag("progress"),
      slippageCents: reader.maybeNumber("slippageCents"),
      result: value["result"],
    };
  }

  /** A report that stands in an event under its name. */
  #inner(reader: FieldReader, name: string, known: readonly string[], place: string): FieldReader {
    const fields = reader.object(name)!;
    this.#noteIgnored(fields, known, `${name}.`);
    return new FieldReader(fields, (what, help) => this.#error(place, what, help), `${name}.`);
  }

  #noteIgnored(value: Fields, known: readonly string[], prefix = ""): void {
    for (const field of Object.keys(value)) {
      if (known.includes(field)) continue;
      const like = nearest(field, known);
      const name = prefix + field;
      const label =
        like === undefined || Object.hasOwn(value, like) ? name : `${name} (did you mean ${like}?)`;
      const count = this.ignoredFields.get(label);
      if (count !== undefined || this.ignoredFields.size < MAX_IGNORED_FIELDS) {
        this.ignoredFields.set(label, (count ?? 0) + 1);
      }
    }
  }

  #error(place: string, what: string, help: string): InvalidInputError {
    return new InvalidInputError("file", `\`${this.path}\`, ${place} ${what}`, { help });
  }
}

const FORMAT =
  'a line is a session, { "id": …, "events": [{ "source": …, "series": … }, …] }, or one such event';

/** Reads one object's fields; null counts as left out. */
class FieldReader {
  readonly #fields: Fields;
  readonly #error: (what: string, help: string) => InvalidInputError;
  readonly #prefix: string;

  constructor(fields: Fields, error: (what: string, help: string) => InvalidInputError, prefix = "") {
    this.#fields = fields;
    this.#error = error;
    this.#prefix = prefix;
  }

  text(name: string): string {
    const value = this.#own(name);
    if (typeof value === "string") return value;
    throw this.#bad(
      name,
      absent(value) ? "is missing" : "is not text",
      `write for example "${this.#prefix}${name}": "…"`,
    );
  }

  number(name: string): number {
    const value = this.#own(name);
    // JSON has no infinity, but 1e999 reads as one.
    if (typeof value === "number" && Number.isFinite(value)) return value;
    throw this.#bad(name, absent(value) ? "is missing" : "is not a finite number", "write a plain number");
  }

  maybeNumber(name: string): number | undefined {
    return this.given(name) ? this.number(name) : undefined;
  }

  given(name: string): boolean {
    return !absent(this.#own(name));
  }

  flag(name: string): boolean | undefined {
    const value = this.#own(name);
    if (absent(value)) return undefined;
    if (typeof value === "boolean") return value;
    throw this.#bad(name, "is neither true nor false", "write true or false, or leave it out");
  }

  latency(name: string): number | undefined {
    const value = this.#own(name);
    if (absent(value)) return undefined;
    if (typeof value === "number" && value >= 0 && value <= MAX_DURATION_MS) return value;
    throw this.#bad(name, "is not a running time", "write milliseconds from 0, or leave it out");
  }

  time(name: string): number | undefined {
    const value = this.#own(name);
    if (absent(value)) return undefined;
    const at = typeof value === "string" ? millisOf(value) : value;
    if (typeof at === "number" && at >= 0 && at <= MAX_AT) return at;
    throw this.#bad(
      name,
      "is not a time",
      "write milliseconds since 1970, or ISO 8601 text such as 2026-01-05T12:00:00Z (UTC when no zone is named)",
    );
  }

  object(name: string): Fields | undefined {
    const value = this.#own(name);
    if (absent(value)) return undefined;
    if (isObject(value)) return value;
    throw this.#bad(name, "is not an object", "write for example { … }, or leave it out");
  }

  values(name: string, types: readonly string[]): Fields | undefined {
    const values = this.object(name);
    for (const [key, value] of Object.entries(values ?? {})) {
      if (types.includes(typeof value)) continue;
      throw this.#bad(
        `${name}.${harmless(key, 60)}`,
        `must be ${types.join(" or ")}`,
        "correct it, or leave it out",
      );
    }
    return values;
  }

  /** Own fields only: `constructor` is not one. */
  #own(name: string): unknown {
    return Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined;
  }

  #bad(name: string, what: string, help: string): InvalidInputError {
    return this.#error(`has a bad \`${this.#prefix}${name}\`: it ${what}`, help);
  }
}

/** NaN for what is no time. A time without a date would be one of today: the answer would differ tomorrow. */
function millisOf(text: string): number {
  return /^\d{4}-\d\d-\d\d/.test(text)
    ? DateTime.fromISO(text.replace(" ", "T"), { zone: "utc" }).toMillis()
    : NaN;
}

function isSession(fields: Fields): boolean {
  return Object.hasOwn(fields, "events");
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function absent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}
