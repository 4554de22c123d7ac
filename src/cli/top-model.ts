import type { Effect } from "../engine/index.js";
import { scopeText } from "../rein/news.js";
import type { TailRecord } from "../rein/recovery.js";

/** Seconds that are looked back on. */
export const WINDOW_S = 60;
/** Seconds that rates are averaged over. */
const RATE_S = 5;
/** Lanes of one second that are counted one by one; the rest are counted together. */
const MAX_LANES = 1000;
/** News that are kept. */
const MAX_NEWS = 50;

/** What a lane's actions were answered in the last minute. */
export interface LaneTraffic {
  /** Null: all lanes for which there was no room. */
  readonly name: { readonly source: string; readonly series: string } | null;
  readonly allowed: number;
  readonly refused: number;
  /** Refusals by code, and in shadow by what enforcement would have said, the commonest first. */
  readonly codes: readonly (readonly [code: string, count: number])[];
}

/** Something that just happened; what happens over and over is one piece of news. */
export interface News {
  /** Wall time of the newest occurrence. */
  readonly at: number;
  readonly kind: "refused" | "alert" | "halt" | "resume" | "approval" | "status" | "regime";
  readonly text: string;
  readonly times: number;
  /** Of the newest decision. */
  readonly decision?: string;
}

export interface Traffic {
  /** Decisions a second, lately. */
  readonly allowedPerS: number;
  readonly refusedPerS: number;
  /** Decisions in each second of the last minute, the newest last. */
  readonly allowed: readonly number[];
  readonly refused: readonly number[];
  /** The busiest first. */
  readonly lanes: readonly LaneTraffic[];
  /** The newest first. */
  readonly news: readonly News[];
}

interface Counts {
  source: string | null;
  series: string;
  allowed: number;
  refused: number;
  codes: Map<string, number>;
}

interface Second {
  allowed: number;
  refused: number;
  readonly lanes: Map<string, Counts>;
}

/** What the records of the last minute say, second by second. */
export class TrafficModel {
  readonly #seconds = new Map<number, Second>();
  #news: News[] = [];
  /** The newest decision: records are read again when the state is opened anew. */
  #newest = { mono: -Infinity, seq: 0 };

  note(record: TailRecord): void {
    const { type, at } = record;
    if (type === "gate" && typeof at === "number" && this.#isNew(record)) this.#count(record, at);
  }

  noteEffect(effect: Effect, now: number): void {
    switch (effect.type) {
      case "halt": {
        const { id, scope, by, reason, at } = effect.halt.info;
        const why = reason === "" ? "" : `: ${reason}`;
        return this.#tell({ at, kind: "halt", text: `halt ${id} over ${scopeText(scope)} by ${by}${why}` });
      }
      case "resume":
        return this.#tell({
          at: now,
          kind: "resume",
          text: `halt ${effect.halt.info.id} was resumed by ${effect.by}`,
        });
      case "alert":
        return this.#tell({ at: effect.alert.at, kind: "alert", text: effect.alert.message });
      case "approval": {
        const { id, source, series, state, by, at } = effect.approval;
        const what = `\`${series}\` by \`${source}\``;
        const text =
          state === "pending"
            ? `${what} waits for approval ${id}`
            : `${what}: ${id} was ${state} by ${by ?? ""}`;
        return this.#tell({ at: state === "pending" ? at : now, kind: "approval", text });
      }
      case "status": {
        const { lane, from, by, reason, at } = effect;
        const why = reason === "" ? "" : `: ${reason}`;
        const text = `\`${lane.series}\` by \`${lane.source}\` went from ${from} to ${lane.status} by ${by}${why}`;
        return this.#tell({ at, kind: "status", text });
      }
      case "regime": {
        const { from, to, reason, at } = effect;
        return this.#tell({ at, kind: "regime", text: `the regime went from ${from} to ${to}: ${reason}` });
      }
      case "void":
    }
  }

  /** The last minute before a wall time. */
  look(now: number): Traffic {
    const newest = Math.floor(now / 1000);
    for (const second of this.#seconds.keys()) if (second <= newest - WINDOW_S) this.#seconds.delete(second);
    const seconds = Array.from({ length: WINDOW_S }, (_, i) => this.#seconds.get(newest - WINDOW_S + 1 + i));
    const allowed = seconds.map((second) => second?.allowed ?? 0);
    const refused = seconds.map((second) => second?.refused ?? 0);
    return {
      allowedPerS: rateOf(allowed),
      refusedPerS: rateOf(refused),
      allowed,
      refused,
      lanes: busiest(seconds),
      news: this.#news,
    };
  }

  #isNew(record: TailRecord): boolean {
    const [mono, seq] = [Number(record["mono"]), Number(record["seq"])];
    const { mono: lastMono, seq: lastSeq } = this.#newest;
    if (mono < lastMono || (mono === lastMono && seq <= lastSeq)) return false;
    this.#newest = { mono, seq };
    return true;
  }

  #count(record: TailRecord, at: number): void {
    const key = Math.floor(at / 1000);
    let second = this.#seconds.get(key);
    if (second === undefined) {
      this.#seconds.set(key, (second = { allowed: 0, refused: 0, lanes: new Map() }));
      this.#forget();
    }
    const [source, series] = [String(record["source"]), String(record["series"])];
    const counts = countsOf(second.lanes, source, series);
    const isAllowed = record["verdict"] === "allow";
    const code = isAllowed ? record["wouldCode"] : record["code"];
    if (isAllowed) second.allowed += 1;
    else second.refused += 1;
    counts[isAllowed ? "allowed" : "refused"] += 1;
    if (typeof code !== "string") return;
    const name = isAllowed ? `would: ${code}` : code;
    counts.codes.set(name, (counts.codes.get(name) ?? 0) + 1);
    if (!isAllowed) this.#tellRefusal(record, at, code);
  }

  /** Records may be of any time: seconds have a bound of their own. */
  #forget(): void {
    if (this.#seconds.size <= 2 * WINDOW_S) return;
    const oldest = Math.min(...this.#seconds.keys());
    this.#seconds.delete(oldest);
  }

  #tellRefusal(record: TailRecord, at: number, code: string): void {
    const rule = typeof record["rule"] === "string" ? ` (${record["rule"]})` : "";
    const text = `\`${String(record["series"])}\` by \`${String(record["source"])}\`: ${code}${rule}`;
    const seq = Number(record["seq"]).toString(36);
    const boot = record["boot"];
    this.#tell({
      at,
      kind: "refused",
      text,
      ...(typeof boot === "string" && { decision: `${boot}.${seq}` }),
    });
  }

  #tell(news: Omit<News, "times">): void {
    const before = this.#news.findIndex(({ kind, text }) => kind === news.kind && text === news.text);
    const times = before < 0 ? 1 : this.#news[before]!.times + 1;
    if (before >= 0) this.#news.splice(before, 1);
    this.#news = [{ ...news, times }, ...this.#news].slice(0, MAX_NEWS);
  }
}

/** The second that is not over counts for nothing. */
function rateOf(seconds: readonly number[]): number {
  const last = seconds.slice(-RATE_S - 1, -1);
  return last.reduce((sum, each) => sum + each, 0) / RATE_S;
}

function countsOf(lanes: Map<string, Counts>, source: string, series: string): Counts {
  const name = `${source}\n${series}`;
  const known = lanes.get(name);
  if (known !== undefined) return known;
  const hasRoom = lanes.size < MAX_LANES;
  const key = hasRoom ? name : "";
  const shared = lanes.get(key);
  if (shared !== undefined) return shared;
  const counts: Counts = {
    source: hasRoom ? source : null,
    series,
    allowed: 0,
    refused: 0,
    codes: new Map(),
  };
  lanes.set(key, counts);
  return counts;
}

function busiest(seconds: readonly (Second | undefined)[]): LaneTraffic[] {
  const sums = new Map<string, Counts>();
  for (const second of seconds) {
    for (const [key, counts] of second?.lanes ?? []) {
      let sum = sums.get(key);
      if (sum === undefined) sums.set(key, (sum = { ...counts, allowed: 0, refused: 0, codes: new Map() }));
      sum.allowed += counts.allowed;
      sum.refused += counts.refused;
      for (const [code, count] of counts.codes) sum.codes.set(code, (sum.codes.get(code) ?? 0) + count);
    }
  }
  return [...sums.values()]
    .map(({ source, series, allowed, refused, codes }) => ({
      name: source === null ? null : { source, series },
      allowed,
      refused,
      codes: [...codes].sort(([, a], [, b]) => b - a),
    }))
    .sort((a, b) => b.allowed + b.refused - (a.allowed + a.refused));
}
