import type { Permit } from "../../src/index.js";
import type { Deed, Pledge, SimRule, Span } from "./rules.js";
import type { SimProcess } from "./machine.js";
import type { SimTime } from "./time.js";

/** A yes that an agent was given, and what became of it. */
export interface Grant {
  readonly deed: Deed;
  readonly process: SimProcess;
  readonly permit: Permit;
  /** When the gate said yes, by the clock that never errs. */
  readonly at: number;
  /** How long a permit is good. */
  readonly ttlMs: number;
  /** Settled, cancelled or refused after all. */
  isOver: boolean;
  /** It was taken back before the agent heard of it, and took nothing. */
  isCancelled: boolean;
  /** What really happened. */
  effect: {
    readonly at: number;
    readonly wall: number;
    readonly cents: number;
    readonly tokens: number;
  } | null;
}

interface Account {
  /** The newest last. */
  grants: Grant[];
  /** Of a bucket: what there is in it at most, and when. */
  units: number;
  asOf: number;
}

interface Tracked {
  pledge: Pledge;
  readonly accounts: Map<string, Account>;
}

/** Whether it was taken back; the governor knows it a moment before the agent. */
export function wasTakenBack({ isCancelled, isOver, effect, permit }: Grant): boolean {
  return isCancelled || (permit.isSettled && !isOver && effect === null);
}

/** What an outsider has seen of each rule in force: what was really spent, and what may still be. */
export class Ledger {
  readonly #time: SimTime;
  #tracked = new Map<string, Tracked>();
  /** The highest limit that a rule ever had. */
  readonly #highest = new Map<string, number>();

  constructor(time: SimTime) {
    this.#time = time;
  }

  /** Rules come into force. What means the same goes on, what is gone is forgotten. */
  inForce(rules: readonly SimRule[]): void {
    const before = this.#tracked;
    this.#tracked = new Map();
    this.tried(rules);
    for (const { pledge } of rules) {
      if (pledge === null) continue;
      const { identity } = pledge;
      this.#tracked.set(identity, { pledge, accounts: before.get(identity)?.accounts ?? new Map() });
    }
  }

  /** Rules may have been in force, in a start that nobody saw the end of: what was lost then was lost up to their limits. */
  tried(rules: readonly SimRule[]): void {
    for (const { pledge } of rules) {
      if (pledge === null) continue;
      const { identity, limit } = pledge;
      this.#highest.set(identity, Math.max(limit, this.#highest.get(identity) ?? 0));
    }
  }

  /** Books a yes; returns which promise it breaks. */
  grant(grant: Grant): string | null {
    for (const { pledge, accounts } of this.#tracked.values()) {
      for (const key of pledge.keysOf(grant.deed)) {
        let account = accounts.get(key);
        if (account === undefined) {
          account = { grants: [], units: 0, asOf: -Infinity };
          accounts.set(key, account);
        }
        account.grants.push(grant);
        const broken = this.#check(pledge, account, grant);
        if (broken !== null)
          return `rule ${pledge.id} (${pledge.identity}), counter ${JSON.stringify(key)}: ${broken}`;
      }
    }
    return null;
  }

  /** Whether a rule's limit was never lowered: only then is what is booked within it. */
  hasHighestLimit(id: string): boolean {
    for (const { pledge } of this.#tracked.values())
      if (pledge.id === id) return this.#highest.get(pledge.identity) === pledge.limit;
    return false;
  }

  #check(pledge: Pledge, account: Account, grant: Grant): string | null {
    const { counts, limit, span } = pledge;
    if (counts === "bucket") return this.#checkBucket(pledge, account, grant);
    const missing = costOf(grant, pledge) === undefined;
    if (missing) return "an action was allowed that does not say what it costs";
    // The governor hears of a clock that was set up to a second late, so days cannot be told apart from outside.
    if (span.kind === "calendar" && this.#time.steps > 0) return null;
    const reserves = counts !== "admissions";
    account.grants = account.grants.filter(
      (other) => (reserves && this.#isOpen(other)) || this.#stillCounts(other, pledge),
    );
    const sum = account.grants.reduce((total, other) => total + this.#weight(other, pledge), 0);
    return sum > limit ? `${sum} of ${limit} (${account.grants.length} actions)` : null;
  }

  #checkBucket({ limit, burst, span }: Pledge, account: Account, grant: Grant): string | null {
    const { ms } = span as Extract<Span, { kind: "rolling" }>;
    // What was taken back is there again.
    const back = account.grants.filter(wasTakenBack).length;
    account.grants = account.grants.filter((other) => !wasTakenBack(other) && !other.isOver);
    // In whole numbers: a token is `ms` units, and a millisecond brings `limit` of them.
    const since = account.asOf === -Infinity ? Infinity : grant.at - account.asOf;
    account.units = Math.min(burst * ms, account.units + since * limit + back * ms) - ms;
    account.asOf = grant.at;
    return account.units < 0 ? `more than a burst of ${burst} and then ${limit} per ${ms} ms` : null;
  }

  /** Agents that may still act. */
  #isOpen(grant: Grant): boolean {
    const { process, isOver, at, ttlMs } = grant;
    return process.isAlive && !isOver && !wasTakenBack(grant) && this.#time.mono - at < ttlMs;
  }

  #stillCounts(grant: Grant, { counts, span }: Pledge): boolean {
    if (wasTakenBack(grant) || counts === "inFlight") return false;
    const since = counts === "admissions" ? grant.at : grant.effect?.at;
    if (since === undefined) return false;
    if (span.kind === "rolling") return this.#time.mono - since < span.ms;
    if (span.kind === "forever") return true;
    const period = (wall: number): number => Math.floor((wall + span.offsetMs) / span.periodMs);
    return period(grant.effect!.wall) === period(this.#time.wall);
  }

  #weight(grant: Grant, pledge: Pledge): number {
    if (pledge.counts === "inFlight" || pledge.counts === "admissions") return 1;
    const most = costOf(grant, pledge)!;
    if (this.#isOpen(grant) || pledge.counts === "calls") return most;
    const { effect, deed } = grant;
    const said = pledge.counts === "cents" ? deed.cents : deed.tokens;
    return said === undefined ? most : effect![pledge.counts as "cents" | "tokens"];
  }
}

/** The most that a deed may take; undefined where neither it nor the rule says. */
function costOf({ deed }: Grant, { counts, assume }: Pledge): number | undefined {
  if (counts === "cents") return deed.cents ?? assume;
  return counts === "tokens" ? (deed.tokens ?? assume) : 1;
}
