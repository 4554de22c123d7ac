import type { Refusal } from "../core/refusal.js";
import { SEVERITY, severityOf } from "../policy/index.js";
import type { Counter } from "./guards/guard.js";
import type { Approval } from "./approvals.js";
import { compareHalts } from "./halts.js";
import type { Halt } from "./halts.js";
import type { Ticket, Verdict } from "./ticket.js";

/** What judging needs of the engine. */
export interface Bench {
  readonly approvals: {
    forAction(bind: string | null): Approval | undefined;
    ask(
      bind: string,
      source: string,
      series: string,
      rule: string,
      at: number,
      mono: number,
    ): Approval | undefined;
  };
  /** Tells the world that a human is asked. */
  asked(approval: Approval): void;
  haltBy(counter: Counter, reason: string): Halt;
  alertSparingly(counter: Counter, code: string, evidence: string, mono: number): void;
}

export interface Judgement {
  readonly verdict: Verdict;
  /** Why not; with verdict `allow`: what enforcement would have said in shadow. */
  readonly refusal: Refusal | null;
  /** The approval that lets the action pass, to be used up. */
  readonly grant?: Approval;
}

/**
 * Weighs the rules that do not agree: the strictest verdict wins, of halts the one that reaches furthest, and the first
 * by id among equals is named. Rules in shadow are weighed apart. Only now do halts, alerts and questions to a human
 * come about.
 */
export function judge(
  bench: Bench,
  ticket: Ticket,
  refusers: readonly Counter[],
  at: number,
  mono: number,
): Judgement {
  const enforced = refusers.filter((counter) => counter.guard.enforced && severity(counter) > SEVERITY.alert);
  const strictest = worst(enforced);
  for (const counter of refusers) announce(bench, counter, ticket, mono);
  if (strictest === null) return { verdict: "allow", refusal: shadowRefusal(refusers, ticket, mono) };

  // Guards come before people: a human is only asked about what nothing else forbids.
  if (severity(strictest) === SEVERITY.approve) {
    const answer = askHuman(bench, strictest, ticket, at, mono);
    if ("verdict" in answer) return answer;
    return { verdict: "allow", refusal: shadowRefusal(refusers, ticket, mono), grant: answer };
  }
  const refusal = refusalOf(strictest, enforced, ticket, mono);
  if (severity(strictest) < SEVERITY.halt) return { verdict: "block", refusal };
  const { reason } = strictest.complain(ticket, mono);
  const halt = bench.haltBy(strictest, reason);
  return {
    verdict: "block",
    refusal: {
      code: refusal.code,
      rule: strictest.guard.id,
      message: `${reason}; that has halted it (halt \`${halt.info.id}\`): stop now, do not retry and do not look for another way`,
      retryable: false,
    },
  };
}

function severity({ guard }: Counter): number {
  return severityOf(guard.rule);
}

function worst(counters: readonly Counter[]): Counter | null {
  let result: Counter | null = null;
  for (const counter of counters) if (result === null || isWorse(counter, result)) result = counter;
  return result;
}

function isWorse(a: Counter, b: Counter): boolean {
  const stricter = severity(a) - severity(b);
  if (stricter !== 0) return stricter > 0;
  const order = severity(a) === SEVERITY.halt ? compareHalts(a, b) : 0;
  return order < 0 || (order === 0 && a.guard.id < b.guard.id);
}

/** The named rule's words; it may be tried again only when all that refuse pass by themselves. */
function refusalOf(named: Counter, all: readonly Counter[], ticket: Ticket, mono: number): Refusal {
  const { code, reason, advice, retryable, retryAfterMs } = named.complain(ticket, mono);
  let again = retryable;
  let wait = retryAfterMs;
  for (const counter of all) {
    if (counter === named) continue;
    const other = counter.complain(ticket, mono);
    again &&= other.retryable;
    if (other.retryAfterMs !== undefined) wait = Math.max(wait ?? 0, other.retryAfterMs);
  }
  return {
    code,
    rule: named.guard.id,
    message: `${reason}; ${advice}`,
    retryable: again,
    ...(again && wait !== undefined && { retryAfterMs: wait }),
  };
}

function shadowRefusal(refusers: readonly Counter[], ticket: Ticket, mono: number): Refusal | null {
  const shadow = refusers.filter((counter) => !counter.guard.enforced && severity(counter) > SEVERITY.alert);
  const named = worst(shadow);
  return named === null ? null : refusalOf(named, shadow, ticket, mono);
}

function announce(bench: Bench, counter: Counter, ticket: Ticket, mono: number): void {
  const { then } = counter.guard.rule;
  if (then === "alert")
    bench.alertSparingly(counter, "rule_tripped", counter.complain(ticket, mono).reason, mono);
  else if (then === "halt" && !counter.guard.enforced) {
    bench.alertSparingly(
      counter,
      "would_halt",
      `in shadow, would have halted: ${counter.complain(ticket, mono).reason}`,
      mono,
    );
  }
}

/** The approval, when a human has given it for exactly this action; otherwise the answer for now. */
function askHuman(
  bench: Bench,
  named: Counter,
  ticket: Ticket,
  at: number,
  mono: number,
): Judgement | Approval {
  const rule = named.guard.id;
  const { source, series } = ticket.lane;
  let approval = bench.approvals.forAction(ticket.bind);
  if (approval?.state === "approved") {
    return approval;
  }
  if (approval?.state === "rejected") {
    const why = approval.reason === undefined || approval.reason === "" ? "" : `: ${approval.reason}`;
    return {
      verdict: "block",
      refusal: {
        code: "approval_rejected",
        rule,
        message: `\`${approval.by ?? ""}\` has rejected exactly this action${why}; do not ask again`,
        retryable: false,
        approvalId: approval.id,
      },
    };
  }
  if (ticket.bind === null) {
    return {
      verdict: "block",
      refusal: {
        code: "invalid_action",
        rule,
        message: `rule \`${rule}\` wants a human to approve this, but an approval cannot be bound to arguments that are not plain JSON; correct the action`,
        retryable: false,
      },
    };
  }
  if (approval === undefined) {
    approval = bench.approvals.ask(ticket.bind, source, series, rule, at, mono);
    if (approval !== undefined) bench.asked(approval);
  }
  if (approval === undefined) {
    return {
      verdict: "block",
      refusal: {
        code: "capacity",
        rule,
        message: "too many approvals are open already; wait until some are answered",
        retryable: true,
      },
    };
  }
  const { code, reason, advice } = named.complain(ticket, mono);
  return {
    verdict: "approve",
    refusal: {
      code: "approval_required",
      rule,
      message:
        code === "approval_required"
          ? `${reason}; ${advice}`
          : `${reason}; a human may approve it (approval \`${approval.id}\`)`,
      retryable: true,
      approvalId: approval.id,
    },
  };
}
