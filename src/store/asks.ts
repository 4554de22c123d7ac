import { InvalidInputError } from "../core/errors.js";
import { isCount } from "./journal-format.js";
import type { AllowanceAsk, StoredHalt } from "./store.js";

/** What is asked for, checked. */
export function grantsOf(asks: readonly AllowanceAsk[]): [string, number][] {
  return asks.map(({ account, to }) => {
    checkTotal(account, to);
    return [account, to];
  });
}

export function checkTotal(account: string, total: number): void {
  if (typeof account === "string" && isCount(total)) return;
  throw new InvalidInputError(
    "totals",
    `the total of \`${String(account)}\` is not a whole number of units`,
    {
      help: "amounts are whole micro-units or actions, from 0 to 2^53 - 1",
    },
  );
}

/** As it will be read again: what the caller changes later does not change what is kept. */
export function plainHalt(halt: StoredHalt): StoredHalt {
  return JSON.parse(JSON.stringify(halt)) as StoredHalt;
}
