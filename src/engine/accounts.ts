import { InvalidInputError } from "../core/errors.js";
import { AccountGuard } from "./guards/account.js";
import type { Balance } from "./guards/account.js";
import type { Guard } from "./guards/guard.js";

/** A report without the account's name; null: it was not a number. */
export type BalanceReport = Omit<Balance, "account"> | null;

export type AccountsImage = readonly (readonly [account: string, report: BalanceReport])[];

/** The last report of each account, told to the rules about balances. */
export class AccountBook {
  readonly #max: number;
  readonly #reports = new Map<string, BalanceReport>();

  constructor(max: number) {
    this.#max = max;
  }

  /** @throws InvalidInputError when there is no room for another account that no rule names */
  report(account: string, report: BalanceReport, guards: readonly Guard[]): void {
    const named = guards.some(
      ({ rule }) => (rule.kind === "loss" || rule.kind === "floor") && rule.account === account,
    );
    if (!named && !this.#reports.has(account) && this.#reports.size >= this.#max) {
      throw new InvalidInputError("account", `there are already ${this.#max} accounts`, {
        help: "raise MAX_ACCOUNTS, or use fewer names",
      });
    }
    this.#reports.set(account, report);
    tell(account, report, guards);
  }

  /** The rules have changed: each hears every last report. */
  retell(guards: readonly Guard[]): void {
    for (const [account, report] of this.#reports) tell(account, report, guards);
  }

  image(): AccountsImage {
    return [...this.#reports].map(([account, report]) => [
      account,
      report && { start: report.start, current: report.current, realizedToday: report.realizedToday },
    ]);
  }

  restore(image: AccountsImage): void {
    for (const [account, report] of image) {
      this.#reports.set(account, report && { ...report, realizedToday: report.realizedToday });
    }
  }
}

function tell(account: string, report: BalanceReport, guards: readonly Guard[]): void {
  for (const guard of guards) {
    if (guard instanceof AccountGuard)
      guard.onBalance(account, report === null ? null : { account, ...report });
  }
}
