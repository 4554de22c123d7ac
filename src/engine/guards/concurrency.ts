import type { RuleOf } from "../../policy/index.js";
import { Counter, Guard } from "./guard.js";
import type { Complaint, CounterKey } from "./guard.js";
import { keyText } from "./words.js";

/** `concurrency`: at most `limit` actions in flight. */
export class ConcurrencyGuard extends Guard<RuleOf<"concurrency">> {
  override readonly commits = true;
  override readonly settles = true;

  override newCounter(key: CounterKey): Counter {
    return new InFlight(this, key);
  }
}

class InFlight extends Counter {
  declare guard: ConcurrencyGuard;
  #count = 0;

  override ask(): boolean {
    return this.#count < this.guard.rule.limit;
  }

  override commit(): void {
    this.#count += 1;
  }

  override settle(): void {
    this.#count -= 1;
  }

  override complain(): Complaint {
    const { id, limit } = this.guard.rule;
    return {
      code: "concurrency_limited",
      message: `rule \`${id}\` allows ${limit} at a time${keyText(this.key)} and all are running; wait for one to end`,
      retryable: true,
    };
  }

  override isFresh(): boolean {
    return this.#count === 0;
  }

  override snapshot(): unknown {
    return this.#count === 0 ? undefined : { count: this.#count };
  }
}
