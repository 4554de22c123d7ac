import type { RefusalCode } from "../../core/refusal.js";
import { parseDuration } from "../../core/duration.js";
import type { Rule } from "../../policy/index.js";
import { Conditions } from "../conditions.js";
import { CounterTable } from "../counter-table.js";
import type { OutcomeDetails, Ticket } from "../ticket.js";
import type { World } from "../world.js";
import type { Meter } from "./meter.js";

/** What one counter belongs to: the values of the rule's `per`, tags as pseudonyms; empty = one counter for all. */
export interface CounterKey {
  readonly source?: string;
  readonly series?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** The shared counter of keys beyond the cap. */
  readonly overflow?: true;
}

/** How an action ended, in the engine's terms. */
export interface Settlement {
  readonly ok: boolean;
  /** Micro-units by measure index, -1 where not reported; null: nothing reported, the reservation stands. */
  readonly amounts: readonly number[] | null;
  /** False where the end says nothing about the tool: it was stopped by a halt, or never heard of again. */
  readonly judged: boolean;
  /** Whether anything new came of it; undefined where nobody said. */
  readonly progress: boolean | undefined;
  readonly details: OutcomeDetails | null;
}

/** Why a counter refuses, in words a model can act on. */
export interface Complaint {
  readonly code: RefusalCode;
  /** What is the case. */
  readonly reason: string;
  /** What may be done instead; it follows the reason where a model is told. */
  readonly advice: string;
  /** The same action may pass later without anybody's doing. */
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
}

/** State of one rule for one key. `ask` changes nothing that another answer could depend on. */
export abstract class Counter {
  guard: Guard;
  readonly key: CounterKey;
  /** The event in which the table last handed it out; see `GuardHost.event`. */
  fetchedIn = -1;
  /** The table has let it go because it was as new: nobody finds it any more, and nothing is booked on it. */
  forgotten = false;

  constructor(guard: Guard, key: CounterKey) {
    this.guard = guard;
    this.key = key;
  }

  /** The rule was replaced by one that means the same, its limit aside: what is counted stays. */
  adopt(guard: Guard): void {
    this.guard = guard;
  }

  /** Whether the rule agrees to the action. */
  abstract ask(ticket: Ticket, mono: number): boolean;
  /** Takes what the action needs; called only after every rule agreed. */
  commit(_ticket: Ticket, _mono: number): void {}
  /**
   * Sees what was decided, allowed or denied: for guards that look for storms and newcomers. Denials that a halt, a
   * blocked lane or a full table caused are not shown, lest a stop feeds the detectors that called for it.
   */
  observe(_ticket: Ticket, _mono: number): void {}
  /** Undoes `commit`: the action never ran. */
  giveBack(_ticket: Ticket): void {}
  /** Gives back or books what was taken. */
  settle(_ticket: Ticket, _end: Settlement, _mono: number): void {}
  /** How far an action should be scaled down, from 0 to 1; see {@link Guard.sizes}. */
  size(): number {
    return 1;
  }
  /** Says why `ask` refuses; called right after it did. */
  abstract complain(ticket: Ticket, mono: number): Complaint;
  /** True when a new counter would behave the same: it may be forgotten. */
  isFresh(_mono: number): boolean {
    return true;
  }
  /** JSON-safe state for people, ages in ms instead of times; undefined when fresh. */
  snapshot(_mono: number): unknown {
    return undefined;
  }
  /** Everything it keeps, JSON-safe, for `restore`; null: it is as new. What is kept may not depend on who looked. */
  image(_mono: number): unknown {
    return null;
  }
  /** Takes over what `image` gave; called once, on a new counter. */
  restore(_image: unknown): void {}
}

/** How much is known of a process that is gone. */
export interface Known {
  /** It had put everything down. */
  readonly clean: boolean;
  /** Not even what had been granted is known. */
  readonly nothingIsKnown: boolean;
}

/** What a guard may ask of the engine besides its own counters. */
export interface GuardHost {
  readonly world: World;
  readonly maxKeys: number;
  /** Evidence at which a calibrated detector raises its alarm. */
  readonly alarmAt: number;
  /** Counts events: what is handled by one may hold counters that it has just fetched. */
  readonly event: number;
  /** Quota may be spent only as far as it was granted: somebody keeps allowances. */
  readonly allowances: boolean;
  /** A meter's allowance is used up, or soon will be. */
  thirst(meter: Meter): void;
  /** Counters were forgotten: plans that hold them must be made anew. */
  forgotten(): void;
  /** A latching guard (see {@link Guard.latches}) begins to refuse something. */
  alarm(): void;
  /** One of them may have stopped refusing: looks whether all are quiet again. */
  calm(): void;
  /** Milliseconds from the current event until a wall time; at least 0. */
  msUntilWall(at: number): number;
  /** Reports that a counter's condition began to hold outside a gate call (a breaker opened, a floor was crossed). */
  trip(counter: Counter, evidence: string): void;
  /** Reports something an operator should hear that stops nothing by itself. */
  alert(counter: Counter, code: string, message: string): void;
}

/** One compiled rule with its state. */
export abstract class Guard<R extends Rule = Rule> {
  rule: R;
  readonly id: string;
  readonly host: GuardHost;
  readonly conditions: Conditions;
  readonly table: CounterTable;
  /** Length of a halt or an open breaker; undefined: until the condition ends, or until resumed. */
  readonly forMs: number | undefined;
  /** Set by the engine: what the rule counts, the same for rules that share counters over a change of policy. */
  identity = "";
  /** Set by the engine: neither the rule nor the whole engine is in shadow. */
  enforced = true;

  /** Whether `ask` can refuse, `commit` takes, `settle` books: the plan of a lane leaves out what has no part. */
  readonly asks: boolean = true;
  readonly commits: boolean = false;
  readonly settles: boolean = false;
  /** Whether `observe` looks at anything. */
  readonly observes: boolean = false;
  /** Whether `size` says anything. */
  readonly sizes: boolean = false;
  /** Compares calls: actions come with the pseudonym of their arguments. */
  readonly readsArgs: boolean = false;
  /** Compares what came back: outcomes come with the pseudonyms of their results. */
  readonly readsResults: boolean = false;
  /** Refuses only between `host.alarm()` and a `quiet` of true, and is not asked or committed to otherwise. */
  readonly latches: boolean = false;
  /** Books what really happened, in shadow too (budgets); the others count what enforcement would have admitted. */
  readonly countsReality: boolean = false;

  constructor(rule: R, host: GuardHost) {
    this.rule = rule;
    this.id = rule.id;
    this.host = host;
    this.conditions = new Conditions(
      rule.match,
      host.world,
      rule.kind === "access" && rule.effect === "allow",
    );
    this.table = new CounterTable(this, host.maxKeys);
    this.forMs = rule.for === undefined ? undefined : (parseDuration(rule.for) ?? undefined);
  }

  abstract newCounter(key: CounterKey): Counter;

  /** Takes part in conditions that come true by time alone. */
  tick(_mono: number): void {}
  /** Guard-wide state outside the counters; JSON-safe. */
  snapshot(_mono: number): unknown {
    return undefined;
  }
  /** Everything kept for the whole guard, JSON-safe, for `restore`; null: nothing. */
  image(): unknown {
    return null;
  }
  /** Takes over what `image` gave; its counters are back by then. */
  restore(_image: unknown): void {}
  /** Another process goes on: what may be missing counts against the action. */
  recover(_mono: number, _known: Known): void {}
  /** Takes over guard-wide state when a policy changes and the rule means the same. */
  inherit(_from: Guard): void {}
  /** Of a latching guard: whether none of its counters refuses anything. */
  get quiet(): boolean {
    return true;
  }
}
