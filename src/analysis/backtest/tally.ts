import type { Halt } from "../../engine/index.js";
import type { CompiledPolicy } from "../../policy/index.js";
import { Counting, inUnits } from "./flip-count.js";
import type { MicroAmounts } from "./flip-count.js";
import type { Flip, FlipExample, FlipKind, FlipOutcome, FlipRow, HaltRow, PolicyBacktest } from "./report.js";

/** A policy under test. */
export interface NamedPolicy {
  /** What it is called in the report: its file. */
  readonly name: string;
  readonly policy: CompiledPolicy;
}

/** A decision that comes out otherwise, before anybody knows how its action ended. */
export interface Turned {
  readonly id: string;
  readonly at: number;
  readonly mono: number;
  readonly source: string;
  readonly series: string;
  readonly flip: FlipKind;
  readonly rule: string | undefined;
  readonly code: string;
  readonly message: string | undefined;
  /** What was asked for. */
  readonly cost: MicroAmounts | undefined;
  readonly later: boolean;
}

interface Row {
  readonly flip: FlipKind;
  readonly rule: string | undefined;
  readonly code: string;
  readonly counting: Counting;
  readonly examples: FlipExample[];
}

const MAX_EXAMPLES = 3;

/** Counts what one policy does. Its size depends on the policy, not on the history. */
export class PolicyTally {
  readonly named: NamedPolicy;
  allowed = 0;
  allowedAtMost = 0;
  refused = 0;
  asked = 0;
  same = 0;
  unsure = 0;
  assumed = 0;
  /** It asked for answers that nobody recorded. */
  sawUnknown = false;
  readonly #onFlip: ((flip: Flip) => void) | undefined;
  readonly #refusedNow = new Counting();
  readonly #allowedNow = new Counting();
  readonly #stoppedNow = new Counting();
  /** By kind, rule and code; nested, so that looking up builds no text. */
  readonly #rows = new Map<string | undefined, Map<string, Row>>();
  readonly #halts = new Map<string, HaltRow>();

  constructor(named: NamedPolicy, onFlip: ((flip: Flip) => void) | undefined) {
    this.named = named;
    this.#onFlip = onFlip;
  }

  /** @param cost what it did cost; what was asked for where that is not known */
  noteFlip(turned: Turned, outcome: FlipOutcome, cost: MicroAmounts | undefined, progress = false): void {
    const { id, at, source, series, flip, rule, code, message, later } = turned;
    const spent = cost ?? turned.cost;
    this.#total(flip).note(outcome, spent, later, progress);
    const row = this.#row(flip, rule, code);
    row.counting.note(outcome, spent, later, progress);
    const told = { id, at, source, series, ...(message !== undefined && { message }) };
    if (row.examples.length < MAX_EXAMPLES) row.examples.push({ ...told, outcome });
    this.#onFlip?.({
      policy: this.named.name,
      ...told,
      ...{ flip, ...(rule !== undefined && { rule }), code },
      ...{ outcome, cost: inUnits(Object.entries(spent ?? {})), later },
    });
  }

  noteHalt({ info: { rule = "", at, reason, scope } }: Halt): void {
    const known = this.#halts.get(rule);
    this.#halts.set(
      rule,
      known === undefined
        ? { rule, count: 1, firstAt: at, reason, scope }
        : { ...known, count: known.count + 1 },
    );
  }

  report(notes: readonly string[]): PolicyBacktest {
    const { name, policy } = this.named;
    const rows = [...this.#rows.values()].flatMap((byCode) => [...byCode.values()]);
    const { allowed, allowedAtMost, refused, asked, same, unsure, assumed } = this;
    return {
      ...{ name, digest: policy.digest, rules: policy.rules.length },
      ...{ allowed, allowedAtMost, refused, asked, same, unsure },
      refusedNow: this.#refusedNow.facts,
      allowedNow: this.#allowedNow.facts,
      stoppedNow: this.#stoppedNow.facts,
      rows: rows.sort((a, b) => b.counting.count - a.counting.count).map(rowFacts),
      halts: [...this.#halts.values()].sort((a, b) => a.firstAt - b.firstAt),
      ...{ assumed, notes },
    };
  }

  #total(flip: FlipKind): Counting {
    if (flip === "allowed") return this.#allowedNow;
    return flip === "stopped" ? this.#stoppedNow : this.#refusedNow;
  }

  #row(flip: FlipKind, rule: string | undefined, code: string): Row {
    let byCode = this.#rows.get(rule);
    if (byCode === undefined) this.#rows.set(rule, (byCode = new Map<string, Row>()));
    const key = `${flip} ${code}`;
    let row = byCode.get(key);
    if (row === undefined)
      byCode.set(key, (row = { flip, rule, code, counting: new Counting(), examples: [] }));
    return row;
  }
}

function rowFacts({ flip, rule, code, counting, examples }: Row): FlipRow {
  return { flip, ...(rule !== undefined && { rule }), code, ...counting.facts, examples };
}
