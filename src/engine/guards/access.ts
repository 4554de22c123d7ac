import type { RuleOf } from "../../policy/index.js";
import type { Ticket } from "../ticket.js";
import { Counter, Guard } from "./guard.js";
import type { Complaint, CounterKey } from "./guard.js";
import { GIVE_UP } from "./words.js";

/** `access`: what is never allowed, what a human is asked about, and (as one list) what alone is allowed. */
export class AccessGuard extends Guard<RuleOf<"access">> {
  override newCounter(key: CounterKey): Counter {
    return new Refused(this, key);
  }
}

/** A deny or approve rule: where it applies, it refuses. */
class Refused extends Counter {
  declare guard: AccessGuard;

  override ask(): boolean {
    return false;
  }

  override complain(ticket: Ticket): Complaint {
    const { id, effect } = this.guard.rule;
    const what = `\`${ticket.lane.series}\` by \`${ticket.lane.source}\``;
    if (effect === "approve") {
      return {
        code: "approval_required",
        reason: `rule \`${id}\` wants a human to approve ${what}`,
        advice: "wait for the answer and repeat exactly this action",
        retryable: true,
      };
    }
    return {
      code: "access_denied",
      reason: `rule \`${id}\` does not allow ${what}`,
      advice: GIVE_UP,
      retryable: false,
    };
  }
}

/** The allow rules that speak about a source, as one list: an action that none of them names is refused. */
export class AllowList extends Counter {
  declare guard: AccessGuard;
  readonly candidates: readonly AccessGuard[];

  /** @param candidates the rules of the list that can apply to the lane */
  constructor(owner: AccessGuard, candidates: readonly AccessGuard[]) {
    super(owner, {});
    this.candidates = candidates;
  }

  /** Whether the lane is on the list whatever the action. */
  alwaysAgrees(source: string, series: string): boolean {
    return this.candidates.some(({ conditions }) => !conditions.isDynamic(source, series));
  }

  override ask(ticket: Ticket): boolean {
    return this.candidates.some(({ conditions }) => conditions.applies(ticket, ticket.lane.source));
  }

  override complain(ticket: Ticket): Complaint {
    return {
      code: "access_denied",
      reason: `\`${ticket.lane.series}\` by \`${ticket.lane.source}\` is not on the allow-list of rule \`${this.guard.id}\``,
      advice: GIVE_UP,
      retryable: false,
    };
  }
}
