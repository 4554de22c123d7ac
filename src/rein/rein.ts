import type { GovernorLog } from "../audit/index.js";
import { InvalidInputError } from "../core/errors.js";
import { limitToMicro } from "../core/measure.js";
import { cleanName } from "../core/names.js";
import type { Mode, Status } from "../engine/index.js";
import { compilePolicy } from "../policy/index.js";
import type { CompiledPolicy, PolicyInput } from "../policy/index.js";
import type { Action, Outcome } from "./action.js";
import { withBuiltins } from "./builtins.js";
import { commanded, finite } from "./checks.js";
import type { Command, LaneName } from "./checks.js";
import type { ReinConfig } from "./config.js";
import { currentPermits } from "./context.js";
import type { Decision } from "./decision.js";
import type { Desk } from "./desk.js";
import { governedDecorator, governFunction } from "./governed.js";
import type { Gatekeeper, Governed, GovernedDecorator, GovernedOptions } from "./governed.js";
import { haltWithReceipt } from "./halting.js";
import type { HaltReceipt, HaltRequest } from "./halting.js";
import type { ReinEventName, ReinEvents } from "./listeners.js";
import { warnOfUnparsed } from "./charter.js";
import { openGovernor } from "./opening.js";
import type { Opened, OpenState } from "./opening.js";
import type { ReinOptions } from "./options.js";
import type { Permit } from "./permit.js";
import { pollSignals } from "./providers.js";
import { budgetLines, takeSnapshot } from "./snapshot.js";
import type { BudgetLine, ReinSnapshot } from "./snapshot.js";
import { realSystem } from "./system.js";
import type { System } from "./system.js";
import { waitForPassage } from "./waiting.js";
import type { AdmitOptions } from "./waiting.js";
import { watchPolicyFile } from "./watch-policy.js";
import type { WatchPolicyOptions } from "./watch-policy.js";

/** The governor: gates every action, and stops everything. */
export class Rein {
  readonly #desk: Desk;
  readonly #config: ReinConfig;
  readonly #log: GovernorLog;
  readonly #durability: "interval" | "written" | "durable";
  readonly #mode: Mode;
  readonly #keeper: Gatekeeper;
  /** The configuration's rules stand beside every policy, not just the first. */
  readonly #builtins: boolean;
  readonly #state: OpenState | null;
  #policy: CompiledPolicy;
  #stopWatching: (() => void) | undefined;
  readonly #stopPolling: () => void;
  #closing: Promise<void> | undefined;

  private constructor({ desk, config, log, durability, mode, policy, builtins, state, signals }: Opened) {
    this.#desk = desk;
    this.#config = config;
    this.#log = log;
    this.#durability = durability;
    this.#mode = mode;
    this.#builtins = builtins;
    this.#policy = policy;
    this.#state = state;
    this.#keeper = {
      gate: (action) => this.gate(action),
      admit: (action, options) => this.admit(action, options),
      durable: durability !== "interval",
      warn: (message) => {
        desk.logger.warn(message);
      },
    };
    this.#stopPolling = pollSignals({
      providers: signals,
      everyMs: config.regimeTickSeconds * 1000,
      clock: desk.clock,
      logger: desk.logger,
      report: (name, value) => {
        if (!desk.closed) this.#report(name, value);
      },
    });
  }

  /**
   * Opens a governor. With `dir` its state outlives the process: what was halted stays halted, what was spent stays
   * spent, whatever ended the process.
   *
   * @throws PolicyError, ConfigError; ReinError `invalid_input`, `clock_invalid`, `record_failed` when the records
   *   cannot be written, `store_in_use` (names the owner), `store_damaged`, `record_damaged`, `store_newer`,
   *   `store_failed`
   */
  static async open(options: ReinOptions = {}): Promise<Rein> {
    return new Rein(await openGovernor(options, realSystem));
  }

  /** @internal For simulations: the same on another machine. */
  static async openOn(system: System, options: ReinOptions): Promise<Rein> {
    return new Rein(await openGovernor(options, system));
  }

  /** The policy in force. */
  get policy(): CompiledPolicy {
    return this.#policy;
  }

  get config(): ReinConfig {
    return this.#config;
  }

  /** `off` when the setting ENABLED is false: no rule is asked, and only halts stop. */
  get mode(): Mode {
    return this.#mode;
  }

  /** Decides one action, at once. Never throws for a well-typed action: what cannot be read is refused. */
  gate(action: Action): Decision {
    return this.#desk.gate(action);
  }

  /**
   * Decides one action and waits for its record (durability `written` and `durable`) and, up to `waitMs`, for a
   * retryable refusal or an approval to pass.
   *
   * @throws the signal's reason when it aborts while waiting
   */
  async admit(action: Action, options: AdmitOptions = {}): Promise<Decision> {
    const decision = await waitForPassage(this.#desk, () => this.gate(action), options);
    if (!decision.allowed || this.#durability === "interval") return decision;
    try {
      await this.#log.flush(this.#durability === "durable");
    } catch {
      return this.#takeBack(
        decision.permit,
        decision,
        "record_failed",
        "the action could not be recorded, so it is not allowed; tell the operator",
      );
    }
    const { voided } = decision.permit;
    return voided === null
      ? decision
      : this.#takeBack(decision.permit, decision, "halted", `${voided.message}; stop now`);
  }

  /**
   * Settles by id, for callers that do not have the permit.
   *
   * @throws ReinError `unknown_decision`, `already_settled`, `closed`; InvalidInputError
   */
  settle(decisionId: string, outcome: Outcome): void {
    this.#desk.settleById(decisionId, outcome);
  }

  /**
   * Governs a function: each call is gated, runs under a permit, and is settled when it ends. The call rejects with
   * ActionRefused when it is refused, and with HaltedError as soon as it is halted, whatever the function does.
   */
  governed<F extends (...args: never[]) => unknown>(
    options: GovernedOptions<Parameters<F>, Awaited<ReturnType<F>>>,
    fn: F,
  ): Governed<F>;
  /** The same as a standard method decorator. */
  governed(options: GovernedOptions): GovernedDecorator;
  governed(options: GovernedOptions, ...rest: readonly ((...args: never[]) => unknown)[]): unknown {
    if (rest.length === 0) return governedDecorator(this.#keeper, options);
    return governFunction(this.#keeper, options as never, rest[0]!);
  }

  /** Governs a set of functions; each one's key is its series. */
  governTools<T extends Readonly<Record<string, (...args: never[]) => unknown>>>(
    options: Omit<GovernedOptions<never[], never>, "series">,
    tools: T,
  ): { readonly [K in keyof T]: Governed<T[K]> } {
    return Object.fromEntries(
      Object.entries(tools).map(([series, tool]) => [
        series,
        governFunction(this.#keeper, { ...options, series } as never, tool),
      ]),
    ) as { readonly [K in keyof T]: Governed<T[K]> };
  }

  /** The permit of the governed call that is running, innermost first; undefined outside of any. */
  current(): Permit | undefined {
    return currentPermits().find((permit) => this.#desk.owns(permit));
  }

  /**
   * Reports the later value of an action: `pnl` and `predictedEdge` in money, `capitalPct` where the lane's gain or
   * loss stands now as a share of its capital (`-0.03`: it has lost 3 %).
   *
   * @throws InvalidInputError for what is not a number
   */
  realize(
    report: LaneName & {
      readonly pnl: number;
      readonly predictedEdge?: number;
      readonly capitalPct?: number;
    },
  ): void {
    this.#checkLane(report);
    const { source, series, pnl, predictedEdge, capitalPct } = report;
    for (const [field, value] of Object.entries({ pnl, predictedEdge, capitalPct })) {
      if (value === undefined && field !== "pnl") continue;
      if (!Number.isFinite(value)) this.#desk.oddities.meet("invalid");
      finite(field, value);
    }
    this.#desk.command({ type: "realize", source, series, pnl, predictedEdge, capitalPct }, (at, mono) => {
      this.#desk.engine.realize({ source, series }, pnl, predictedEdge ?? NaN, capitalPct ?? NaN, at, mono);
    });
  }

  /**
   * Reports a number about the world.
   *
   * @throws InvalidInputError for what is not a number; the signal then counts as not arrived
   */
  signal(name: string, value: number): void {
    if (!this.#isName(name)) {
      throw new InvalidInputError("name", "a signal needs a name without control characters", {
        help: 'for example signal("price_feed", 101.5)',
      });
    }
    const sound = typeof value === "number" && Number.isFinite(value);
    this.#report(name, sound ? value : null);
    if (sound) return;
    this.#desk.oddities.meet("invalid");
    finite("value", value);
  }

  /**
   * Reports an account's balance, in money.
   *
   * @throws InvalidInputError for what is not a number; rules about the account are then shut until a sound report
   */
  balance(report: {
    readonly account?: string;
    readonly start: number;
    readonly current: number;
    readonly realizedToday?: number;
  }): void {
    if (typeof report !== "object" || report === null) {
      throw new InvalidInputError("report", "a balance is reported as an object", {
        help: "balance({ start: 1000, current: 950 })",
      });
    }
    const account = report.account ?? "default";
    if (!this.#isName(account)) {
      throw new InvalidInputError("account", "an account needs a name without control characters", {
        help: 'leave it out for "default"',
      });
    }
    const numbers = {
      start: report.start,
      current: report.current,
      ...(report.realizedToday !== undefined && { realizedToday: report.realizedToday }),
    };
    const micro = Object.fromEntries(
      Object.entries(numbers).map(([field, value]) => [
        field,
        typeof value === "number" ? limitToMicro(value) : NaN,
      ]),
    );
    const sound = Object.values(micro).every((value) => !Number.isNaN(value));
    const balance = sound
      ? { start: micro["start"]!, current: micro["current"]!, realizedToday: micro["realizedToday"] }
      : null;
    this.#desk.command({ type: "balance", account, balance }, (at, mono) => {
      this.#desk.engine.balance(account, balance, at, mono);
    });
    if (sound) return;
    this.#desk.oddities.meet("invalid");
    for (const [field, value] of Object.entries(numbers)) finite(field, value);
  }

  /**
   * Stops a scope. When it resolves with `complete`, no governed effect starts or continues; what could not be seen
   * to end before the deadline is named as `unknown`.
   */
  async halt(request: HaltRequest = {}): Promise<HaltReceipt> {
    return haltWithReceipt(this.#desk, request);
  }

  /**
   * Ends one halt. Halts are counted: a scope runs again when each of its halts has been resumed.
   *
   * @throws ReinError `unknown_halt`
   */
  async resume(request: Command & { readonly halt: string }): Promise<void> {
    const { halt, by, reason } = commanded(request);
    await this.#desk.resume(halt, by, reason);
  }

  /** Brings a lane that was blocked or killed back on probation. */
  revive(lane: LaneName, command: Command): void {
    const { by, reason } = commanded(command);
    const { source, series } = this.#checkLane(lane);
    this.#desk.decree({ type: "revive", source, series, by, reason }, (at, mono) =>
      this.#desk.engine.revive({ source, series }, by, reason, at, mono),
    );
    this.#desk.wake();
  }

  /** Puts a lane into a status by hand, for `forMs` or until it is revived. */
  override(
    lane: LaneName,
    command: Command & { readonly status: Status; readonly forMs?: number | undefined },
  ): void {
    const { by, reason, status, forMs } = commanded(command);
    const { source, series } = this.#checkLane(lane);
    if (!["green", "yellow", "red", "black"].includes(status)) {
      throw new InvalidInputError("status", `\`${String(status)}\` is no status`, {
        help: "use green, yellow, red or black",
      });
    }
    if (forMs !== undefined && !(Number.isFinite(forMs) && forMs > 0)) {
      throw new InvalidInputError("forMs", `${forMs} is not a length of time`, {
        help: "give milliseconds above 0, or leave it out",
      });
    }
    this.#desk.decree({ type: "override", source, series, status, forMs, by, reason }, (at, mono) =>
      this.#desk.engine.override({ source, series }, status, forMs, by, reason, at, mono),
    );
    this.#desk.wake();
  }

  /** Lets the action that an approval was asked for pass once. @throws ReinError `unknown_approval` */
  approve(approvalId: string, command: Command): void {
    this.#answer("approve", approvalId, command);
  }

  /** Refuses it. @throws ReinError `unknown_approval` */
  reject(approvalId: string, command: Command): void {
    this.#answer("reject", approvalId, command);
  }

  /** Every budget that holds something, in decimal units. */
  budgets(): BudgetLine[] {
    this.#desk.refresh();
    return budgetLines(this.#desk.engine, this.#desk.timeline.mono);
  }

  /** The state as plain data. */
  snapshot(): ReinSnapshot {
    this.#desk.refresh();
    return takeSnapshot(this.#desk, this.#policy.digest);
  }

  /**
   * Swaps the policy in. Counters of rules that mean the same, their limits aside, go on counting.
   *
   * @throws PolicyError; the policy in force then stays
   */
  setPolicy(input: PolicyInput): void {
    this.#putInForce(compilePolicy(input));
  }

  /**
   * Puts a policy file in force now, and each of its later versions as `setPolicy` would; returns how to stop. A
   * version that cannot be used, an empty file and one that is gone change nothing but are told: through the logger,
   * as an `alert`, and to `onError`. It does not keep the process alive, and ends with `close`. One file is watched
   * at a time: the next call ends the one before.
   *
   * A version counts when two looks in a row find the same. Who writes a file slowly in place should write another one
   * and rename it: half a file may be a policy, too.
   *
   * @throws PolicyError when the file cannot be used now; the policy in force then stays, and nothing is watched
   *
   * @example
   * ```ts
   * import { Rein } from "rein";
   *
   * const rein = await Rein.open({ mode: "enforce" });
   * const stop = await rein.watchPolicy("policy.txt", { onError: (error) => console.error(error.message) });
   * ```
   */
  async watchPolicy(path: string, options: WatchPolicyOptions = {}): Promise<() => void> {
    const stop = await watchPolicyFile(path, options, this.#desk, (policy, file) => {
      this.#putInForce(policy, file);
    });
    this.#stopWatching?.();
    this.#stopWatching = stop;
    return stop;
  }

  /** Listens; returns how to stop. Listeners are called soon after, outside the gate. */
  on<N extends ReinEventName>(name: N, listener: (event: ReinEvents[N]) => unknown): () => void {
    if (!["decision", "halt", "alert", "status", "regime", "approval"].includes(name)) {
      throw new InvalidInputError("name", `there is no event \`${String(name)}\``, {
        help: "listen to decision, halt, alert, status, regime or approval",
      });
    }
    if (typeof listener !== "function")
      throw new InvalidInputError("listener", "a listener must be a function");
    return this.#desk.listeners.on(name, listener);
  }

  /** Applies what is due by the clock; needed only with a clock of your own that has no `schedule`. */
  tick(): void {
    this.#desk.tick();
  }

  /** Resolves when all that was recorded so far is written (durability `durable`: on the disk). */
  async flush(): Promise<void> {
    await this.#log.flush(this.#durability === "durable");
  }

  /** Shuts the gate, voids what is still in flight, and writes the rest of the records. Closing twice is closing once. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const { timeline, logger } = this.#desk;
    this.#stopPolling();
    this.#desk.refresh();
    // Another process may have taken over, and everything was shut then.
    const isLost = this.#desk.closed;
    const unsettled = this.#desk.shut();
    if (unsettled > 0)
      logger.warn(`closed with ${unsettled} actions in flight: their permits are void and count as spent`);
    await this.#desk.orders?.close();
    this.#state?.stop();
    if (!isLost) {
      this.#log.event({ type: "close", at: timeline.at, mono: timeline.mono, unsettled });
      await this.#state?.keeping.checkpoint(true);
    }
    await this.#log.close().finally(() => this.#state?.store.close());
  }

  #putInForce(given: CompiledPolicy, file?: string): void {
    const policy = this.#builtins ? withBuiltins(given, this.#config) : given;
    const { rules, digest } = policy;
    const from = file !== undefined && { file };
    this.#desk.decree({ type: "policy", rules, digest, mode: this.#mode, ...from }, (at, mono) => {
      this.#desk.engine.advance(at, mono);
      this.#desk.engine.setRules(rules, this.#mode);
    });
    this.#policy = policy;
    if (this.#state !== null) this.#state.keeping.rulesFrom = this.#builtins ? "both" : "program";
    warnOfUnparsed(this.#desk.logger, given);
    this.#desk.forgetCalendar();
    this.#desk.wake();
  }

  #report(name: string, value: number | null): void {
    this.#desk.command({ type: "signal", name, value }, (at, mono) => {
      this.#desk.engine.signal(name, value, at, mono);
    });
  }

  #answer(type: "approve" | "reject", approval: string, command: Command): void {
    const { by, reason } = commanded(command);
    this.#desk.answer(type, approval, by, reason);
  }

  /** An action that was allowed but may not start after all: it then took nothing. */
  #takeBack(
    permit: Permit,
    { status, id }: Decision,
    code: "record_failed" | "halted",
    message: string,
  ): Decision {
    this.#desk.cancel(permit);
    return {
      id,
      allowed: false,
      verdict: "block",
      refusal: { code, message, retryable: false },
      status,
      sizeMultiplier: 0,
    };
  }

  #isName(name: unknown): name is string {
    return typeof name === "string" && cleanName(name, this.#config.maxNameLength) === name;
  }

  #checkLane(lane: LaneName): LaneName {
    const { source, series } = typeof lane === "object" && lane !== null ? lane : ({} as LaneName);
    for (const [field, name] of Object.entries({ source, series })) {
      if (!this.#isName(name)) {
        throw new InvalidInputError(field, `a lane needs a \`${field}\``, {
          help: 'name it as actions do: { source: "agent", series: "send_email" }',
        });
      }
    }
    return { source, series };
  }
}
