import { createHash } from "node:crypto";
import { DEFAULT_LIMITS } from "../analysis/default-limits.js";
import type { HistoryRecord } from "../analysis/backtest/index.js";
import { canonicalJson } from "../core/canonical.js";
import { InvalidInputError } from "../core/errors.js";
import { limitToMicro, toMicro } from "../core/measure.js";
import { cleanName, printable, wellFormed } from "../core/names.js";
import { lineage, MAX_SOURCE_DEPTH } from "../core/source-path.js";
import { ENGINE_VERSION, withoutVolatile } from "../engine/index.js";
import { resultText } from "../rein/result-text.js";
import type { RecordedAction, RecordedEvent, RecordedSession } from "./recorded.js";

export interface SessionRecordsOptions {
  /** Time between the starts of two events that have no time of their own, in ms. */
  readonly paceMs: number;
  /** Wall time at which a session without times starts. */
  readonly startAt: number;
  /** One governor for all sessions instead of a fresh one for each. */
  readonly continuous?: boolean | undefined;
  /** Hears of every session without events, which leaves no record. */
  readonly onEmpty?: (() => void) | undefined;
}

/** The longest name that a governor takes when nobody sets another limit. */
const MAX_NAME = 256;
/** What is shown of a name that is none. */
const MAX_SHOWN = 60;

/**
 * Recorded sessions as the records that a governor without rules would have written of them: everything was allowed.
 * Their actions keep their values, so that any policy's tests can be answered.
 *
 * @throws InvalidInputError that names the place of a time that goes back
 */
export async function* sessionRecords(
  sessions: AsyncIterable<RecordedSession>,
  options: SessionRecordsOptions,
): AsyncGenerator<HistoryRecord, void, void> {
  let shared: SessionWriter | undefined;
  let count = 0;
  for await (const { id, events } of sessions) {
    count += 1;
    const writer = shared ?? new SessionWriter(`s${count}`, options);
    if (options.continuous === true) shared = writer;
    let index = 0;
    for await (const event of events) {
      index += 1;
      yield* writer.take(event, `${id}#${index}`);
    }
    if (index === 0) options.onEmpty?.();
    if (shared === undefined) yield* writer.close();
  }
  if (shared !== undefined) yield* shared.close();
}

interface Ending {
  readonly at: number;
  readonly seq: number;
  readonly action: RecordedAction;
}

/** Writes the records of one governor, and keeps its time. */
class SessionWriter {
  readonly #boot: string;
  readonly #options: SessionRecordsOptions;
  /** By the time they end; the first to end is last. */
  readonly #running: Ending[] = [];
  #seq = 0;
  #startedAt = NaN;
  #now = -Infinity;
  #timed = false;
  #recordedAt = -Infinity;
  #lastStart = -Infinity;
  #lastEnd = -Infinity;

  constructor(boot: string, options: SessionRecordsOptions) {
    this.#boot = boot;
    this.#options = options;
  }

  *take(event: RecordedEvent, place: string): Generator<HistoryRecord, void, void> {
    if (Number.isNaN(this.#startedAt)) {
      this.#timed = event.at !== undefined;
      this.#now = this.#startedAt = event.at ?? this.#options.startAt;
      yield this.#record("open", OPENING);
    }
    const at = this.#timeOf(event);
    yield* this.#endUntil(at);
    this.#now = Math.max(this.#now, at);
    this.#lastStart = at;
    if (event.type === "action") yield* this.#act(event, place);
    else yield this.#report(event);
  }

  *close(): Generator<HistoryRecord, void, void> {
    if (Number.isNaN(this.#startedAt)) return;
    yield* this.#endUntil(Infinity);
    yield this.#record("close", {});
  }

  /** When an event starts. One without a time waits for its turn: an agent that acts step by step is not parallel. */
  #timeOf({ at, place }: RecordedEvent): number {
    if (at === undefined) {
      return this.#lastStart === -Infinity
        ? this.#now
        : Math.max(this.#lastStart + this.#options.paceMs, this.#lastEnd);
    }
    if (!this.#timed) {
      throw new InvalidInputError("at", `${place} has a time, \`at\`, and the first event has none`, {
        help: "give the first event a time too, or none to all of them",
      });
    }
    if (at < this.#recordedAt) {
      const [now, before] = [new Date(at).toISOString(), new Date(this.#recordedAt).toISOString()];
      throw new InvalidInputError("at", `${place} goes back in time: ${now} after ${before}`, {
        help:
          this.#options.continuous === true
            ? "sort the sessions by time, or leave --continuous out"
            : "sort the events by time",
      });
    }
    this.#recordedAt = at;
    return Math.max(at, this.#now);
  }

  #report(event: Exclude<RecordedEvent, RecordedAction>): HistoryRecord {
    switch (event.type) {
      case "signal":
        return this.#record("signal", { name: event.signal, value: event.value });
      case "balance": {
        const { account = "default", start, current, realizedToday } = event;
        const balance = {
          start: limitToMicro(start),
          current: limitToMicro(current),
          ...(realizedToday !== undefined && { realizedToday: limitToMicro(realizedToday) }),
        };
        return this.#record("balance", {
          account,
          balance: Object.values(balance).some(Number.isNaN) ? null : balance,
        });
      }
      case "realize": {
        const { source, series, pnl, predictedEdge, capitalPct } = event;
        return this.#record("realize", {
          ...{ source, series, pnl },
          ...(predictedEdge !== undefined && { predictedEdge }),
          ...(capitalPct !== undefined && { capitalPct }),
        });
      }
    }
  }

  *#act(action: RecordedAction, place: string): Generator<HistoryRecord, void, void> {
    const message = faultOf(action);
    if (message !== null) {
      yield this.#record("invalid", { message, place: action.place });
      return;
    }
    const seq = ++this.#seq;
    yield this.#record("gate", { ...gateOf(action), seq, verdict: "allow", place });
    const at = this.#now + (action.latencyMs ?? 0);
    this.#lastEnd = Math.max(this.#lastEnd, at);
    const ending: Ending = { at, seq, action };
    if (at === this.#now) yield this.#settle(ending);
    else this.#running.splice(placeFor(this.#running, at), 0, ending);
  }

  /** Ends what ends up to a time: an action that ends when another begins is over. */
  *#endUntil(at: number): Generator<HistoryRecord, void, void> {
    while (this.#running.length > 0 && this.#running.at(-1)!.at <= at) {
      const ending = this.#running.pop()!;
      this.#now = Math.max(this.#now, ending.at);
      yield this.#settle(ending);
    }
  }

  #settle({ seq, action }: Ending): HistoryRecord {
    const { ok, cost, progress, slippageCents, result } = action;
    const text = result === undefined || result === null ? null : resultText(result);
    return this.#record("settle", {
      ...{ seq, ok },
      ...(cost !== undefined && { cost: microOf(cost) }),
      ...(progress !== undefined && { progress }),
      ...(slippageCents !== undefined && { slippageCents }),
      ...(text !== null && { result: text, like: withoutVolatile(text) }),
    });
  }

  #record(type: string, fields: object): HistoryRecord {
    return { ...fields, type, boot: this.#boot, at: this.#now, mono: this.#now - this.#startedAt };
  }
}

const OPENING = {
  ...{ engine: ENGINE_VERSION, rules: [], mode: "enforce", limits: DEFAULT_LIMITS, follows: null },
  valuesKnown: true,
};

/** Why a governor could not read an action; null: it can. */
function faultOf({ source, series, cost = {} }: RecordedAction): string | null {
  for (const [field, name] of Object.entries({ source, series })) {
    if (cleanName(name, MAX_NAME) !== null) continue;
    const is =
      name.length > MAX_NAME ? `${name.length} characters long` : `\`${printable(name, MAX_SHOWN)}\``;
    return `\`${field}\` must be a name of 1 to ${MAX_NAME} characters without control characters, and it is ${is}`;
  }
  if (lineage(wellFormed(source)) === null)
    return `\`source\` must be a path of up to ${MAX_SOURCE_DEPTH} names without empty ones, such as \`planner/researcher\``;
  for (const [measure, amount] of Object.entries(cost)) {
    if (!Number.isNaN(toMicro(amount))) continue;
    return `\`cost.${printable(measure, MAX_SHOWN)}\` must be a number from 0 up to nine thousand million, and it is ${amount}`;
  }
  return null;
}

/** An action as a governor takes it down. */
function gateOf({ source, series, cost, tags, args }: RecordedAction): object {
  const flat = Object.entries(tags ?? {}).flatMap(([name, value]) => [name, wellFormed(String(value))]);
  const known = args === undefined || args === null ? undefined : nameOf(args);
  return {
    ...{ source: wellFormed(source), series: wellFormed(series), values: { tags, args } },
    ...(cost !== undefined && { cost: microOf(cost) }),
    ...(flat.length > 0 && { tags: flat }),
    ...(known !== undefined && { args: known }),
  };
}

/** Equal arguments have equal names; those without a form as JSON have none. */
function nameOf(args: unknown): string {
  try {
    const json = canonicalJson(args);
    return json.length <= MAX_TOLD_APART ? json : createHash("sha256").update(json).digest("base64url");
  } catch {
    return "";
  }
}

/** Arguments up to so many characters are their own name. */
const MAX_TOLD_APART = 64;

function microOf(cost: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(cost).map(([measure, amount]) => [measure, toMicro(amount)]));
}

/** Where to insert so that later ends come first; of equal ends the earlier action ends first. */
function placeFor(running: readonly Ending[], at: number): number {
  let low = 0;
  let high = running.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (running[middle]!.at > at) low = middle + 1;
    else high = middle;
  }
  return low;
}
