export type ApprovalState = "pending" | "approved" | "rejected";

/** A question to a human about one exact action. */
export interface Approval {
  readonly id: string;
  /** Digest of the action it is bound to: names, cost, tags and arguments. */
  readonly bind: string;
  readonly source: string;
  readonly series: string;
  readonly rule: string;
  /** Wall time in ms at which it was asked. */
  readonly at: number;
  state: ApprovalState;
  /** Monotonic time at which it lapses: unanswered, unused, or forgotten after a rejection. */
  until: number;
  by?: string;
  reason?: string;
}

export interface ApprovalsImage {
  readonly count: number;
  /** Absent: 0. */
  readonly crashes?: number;
  readonly approvals: readonly Approval[];
}

/** Open and answered approvals, at most `max` of them. An approval is used once, by the action it was given for. */
export class ApprovalBook {
  readonly #max: number;
  readonly #ttlMs: number;
  readonly #byId = new Map<string, Approval>();
  readonly #byBind = new Map<string, Approval>();
  #count = 0;
  #crashes = 0;

  constructor(max: number, ttlMs: number) {
    this.#max = max;
    this.#ttlMs = ttlMs;
  }

  get(id: string): Approval | undefined {
    return this.#byId.get(id);
  }

  forAction(bind: string | null): Approval | undefined {
    return bind === null ? undefined : this.#byBind.get(bind);
  }

  /** Asks; undefined when too many questions are open. */
  ask(
    bind: string,
    source: string,
    series: string,
    rule: string,
    at: number,
    mono: number,
  ): Approval | undefined {
    if (this.#byId.size >= this.#max) return undefined;
    this.#count += 1;
    const id = this.#crashes === 0 ? `a${this.#count}` : `a${this.#crashes}.${this.#count}`;
    const approval: Approval = {
      id,
      bind,
      source,
      series,
      rule,
      at,
      state: "pending",
      until: mono + this.#ttlMs,
    };
    this.#byId.set(id, approval);
    this.#byBind.set(bind, approval);
    return approval;
  }

  answer(approval: Approval, state: "approved" | "rejected", by: string, reason: string, mono: number): void {
    approval.state = state;
    approval.by = by;
    approval.reason = reason;
    approval.until = mono + this.#ttlMs;
  }

  /** Gives a used approval back, because the action did not run after all. */
  restore(approval: Approval): void {
    if (this.#byBind.has(approval.bind)) return;
    this.#byId.set(approval.id, approval);
    this.#byBind.set(approval.bind, approval);
  }

  remove(approval: Approval): void {
    this.#byId.delete(approval.id);
    if (this.#byBind.get(approval.bind) === approval) this.#byBind.delete(approval.bind);
  }

  /**
   * The process before may have asked what nobody knows of any more: from now on ids are others than its own, lest
   * somebody who answers its question answers another one.
   */
  crashed(): void {
    this.#crashes += 1;
  }

  /** Approvals by id, and how many were ever asked for. */
  image(): ApprovalsImage {
    const approvals = [...this.#byId.values()].map((approval) => ({ ...approval }));
    return { count: this.#count, ...(this.#crashes > 0 && { crashes: this.#crashes }), approvals };
  }

  restoreAll({ count, crashes = 0, approvals }: ApprovalsImage): void {
    this.#count = count;
    this.#crashes = crashes;
    for (const approval of approvals) {
      this.#byId.set(approval.id, { ...approval });
      this.#byBind.set(approval.bind, this.#byId.get(approval.id)!);
    }
  }

  all(): IterableIterator<Approval> {
    return this.#byId.values();
  }
}
