import type { RuleOf } from "../../policy/index.js";
import { Counter, Guard } from "./guard.js";
import type { CounterKey } from "./guard.js";

/** `score`: settings of the scorer for the lanes that it matches; the lanes' own score does the rest (`standings.ts`). */
export class ScoreGuard extends Guard<RuleOf<"score">> {
  override readonly asks = false;

  override newCounter(key: CounterKey): Counter {
    return new Nothing(this, key);
  }
}

/** Nothing is counted per rule: what is learned belongs to the lane. */
class Nothing extends Counter {
  override ask(): boolean {
    return true;
  }

  override complain(): never {
    throw new Error("a score rule refuses nothing by itself");
  }
}
