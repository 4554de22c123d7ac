import { ActionRefused, messageOf, ReinError } from "../core/errors.js";
import type { HaltedError } from "../core/errors.js";
import type { Action, Outcome } from "./action.js";
import { runUnder } from "./context.js";
import type { Decision } from "./decision.js";
import type { Permit } from "./permit.js";

type Fn = (...args: never[]) => unknown;

/** How calls of a function become actions. What may be a function gets the call's arguments. */
export interface GovernedOptions<A extends readonly unknown[] = never[], R = unknown> {
  readonly source: string;
  /** The function's name when absent; for tools and methods the key. */
  readonly series?: string | undefined;
  readonly cost?: Action["cost"] | ((...args: A) => Action["cost"]);
  readonly tags?: Action["tags"] | ((...args: A) => Action["tags"]);
  /** What conditions on arguments see; a single object argument as it is, several as a list, when absent. */
  readonly args?: ((...args: A) => unknown) | undefined;
  /** What the call's result says about its outcome; a call that returns worked, when absent. */
  readonly outcome?: ((result: R) => Partial<Outcome>) | undefined;
  /** How long a call may wait for a retryable refusal or an approval to pass; 0 when absent. */
  readonly waitMs?: number | undefined;
}

/** The function, governed: its calls may wait, so it always answers with a promise. */
export type Governed<F extends Fn> = (...args: Parameters<F>) => Promise<Awaited<ReturnType<F>>>;

/** A standard method decorator. */
export type GovernedDecorator = <This, A extends unknown[], R>(
  method: (this: This, ...args: A) => R,
  context: ClassMethodDecoratorContext<This, (this: This, ...args: A) => R>,
) => (this: This, ...args: A) => Promise<Awaited<R>>;

/** What governing a function needs of Rein. */
export interface Gatekeeper {
  gate(action: Action): Decision;
  admit(action: Action, options?: { readonly waitMs?: number | undefined }): Promise<Decision>;
  /** Whether effects must wait for the durable record. */
  readonly durable: boolean;
  warn(message: string): void;
}

/** @throws ReinError `not_governable` when it is not a function or has no name to go by */
export function governFunction<F extends Fn>(
  keeper: Gatekeeper,
  options: GovernedOptions<Parameters<F>, Awaited<ReturnType<F>>>,
  fn: F,
): Governed<F> {
  if (typeof fn !== "function") {
    throw new ReinError(
      "not_governable",
      `only functions can be governed, and this is ${fn === null ? "null" : typeof fn}`,
      {
        help: "pass the function that does the action",
      },
    );
  }
  checkSource(options);
  const series = options.series ?? fn.name;
  if (series === "") {
    throw new ReinError("not_governable", "a function without a name needs a `series`", {
      help: 'for example governed({ source: "support_agent", series: "send_email" }, async () => …)',
    });
  }
  const wrapped = async function (this: unknown, ...args: Parameters<F>): Promise<Awaited<ReturnType<F>>> {
    const action = actionOf(options, series, args);
    const waits = keeper.durable || (options.waitMs ?? 0) > 0;
    const decision = waits ? await keeper.admit(action, { waitMs: options.waitMs }) : keeper.gate(action);
    if (!decision.allowed) throw new ActionRefused(decision.refusal);
    return run(keeper, decision.permit, options, () => fn.apply(this, args) as ReturnType<F>);
  };
  Object.defineProperty(wrapped, "name", { value: fn.name || series, configurable: true });
  return wrapped;
}

function checkSource(options: unknown): void {
  if (
    typeof options === "object" &&
    options !== null &&
    typeof (options as { source?: unknown }).source === "string"
  )
    return;
  throw new ReinError("not_governable", "a governed function needs a `source`: who acts", {
    help: 'for example governed({ source: "support_agent", series: "send_email" }, sendEmail)',
  });
}

/** @throws ReinError `legacy_decorator` at class definition when the compiler passes no standard context */
export function governedDecorator(keeper: Gatekeeper, options: GovernedOptions): GovernedDecorator {
  checkSource(options);
  return ((method: Fn, context: unknown) => {
    if (typeof context !== "object" || context === null || !("kind" in context)) {
      throw new ReinError(
        "legacy_decorator",
        "`@rein.governed` is a standard decorator, and this is compiled as a legacy one",
        {
          help: "remove `experimentalDecorators` from tsconfig.json, or wrap the function: rein.governed(options, fn)",
        },
      );
    }
    const { kind, name } = context as ClassMethodDecoratorContext;
    if (kind !== "method") {
      throw new ReinError(
        "not_governable",
        `\`@rein.governed\` governs methods, and \`${String(name)}\` is a ${String(kind)}`,
        {
          help: "decorate a method, or wrap the function: rein.governed(options, fn)",
        },
      );
    }
    return governFunction(keeper, { ...options, series: options.series ?? String(name) }, method);
  }) as unknown as GovernedDecorator;
}

function actionOf<A extends readonly unknown[]>(
  options: GovernedOptions<A, never>,
  series: string,
  args: A,
): Action {
  const { source, cost, tags } = options;
  return {
    source,
    series,
    cost: typeof cost === "function" ? cost(...args) : cost,
    tags: typeof tags === "function" ? tags(...args) : tags,
    args: options.args === undefined ? defaultArgs(args) : options.args(...args),
  };
}

function defaultArgs(args: readonly unknown[]): unknown {
  const [first] = args;
  return args.length === 1 && typeof first === "object" && first !== null && !Array.isArray(first)
    ? first
    : args;
}

/** Runs the body under its permit; when the permit becomes void the caller hears at once, the body or no. */
function run<R>(
  keeper: Gatekeeper,
  permit: Permit,
  options: { readonly outcome?: unknown },
  body: () => R,
): Promise<Awaited<R>> {
  const read = options.outcome as ((result: Awaited<R>) => Partial<Outcome>) | undefined;
  if (permit.voided !== null) {
    // Halted between the gate's answer and here: the body never runs.
    settleOnce(keeper, permit, { ok: false });
    return Promise.reject(permit.voided);
  }
  return new Promise((resolve, reject) => {
    let tell: (reason: HaltedError) => void = reject;
    // Attached like a fence, so that the receipt waits for the body even after it was settled early by hand.
    const detach = permit.attachBody((reason) => {
      tell(reason);
    });
    const end = (outcome: Outcome): void => {
      detach();
      settleOnce(keeper, permit, outcome);
    };
    const failed = (error: unknown): void => {
      // What it says is what a loop of failures repeats.
      end({ ok: false, result: messageOf(error) });
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the body's own, whatever it is
      reject(error);
    };
    let running: R;
    try {
      running = runUnder(permit, body);
    } catch (error) {
      failed(error);
      return;
    }
    Promise.resolve(running).then((result) => {
      if (isStream(result)) {
        const onVoid = (listener: (reason: HaltedError) => void): void => {
          tell = listener;
        };
        resolve(followed(result, permit, onVoid, end) as Awaited<R>);
        return;
      }
      end(outcomeOf(keeper, read, result));
      resolve(result);
    }, failed);
  });
}

function settleOnce(keeper: Gatekeeper, permit: Permit, outcome: Outcome): void {
  // The body may have settled its own permit: it knows better.
  if (permit.isSettled) return;
  try {
    permit.settle(outcome);
  } catch (error) {
    keeper.warn(`the outcome of \`${permit.series}\` could not be booked: ${messageOf(error)}`);
    // What cannot be read is booked as reserved.
    if (!permit.isSettled && ReinError.isInstance(error) && error.code === "invalid_input")
      permit.settle({ ok: outcome.ok });
  }
}

function outcomeOf<R>(
  keeper: Gatekeeper,
  read: ((result: R) => Partial<Outcome>) | undefined,
  result: R,
): Outcome {
  if (read === undefined) return { ok: true, result };
  try {
    const outcome = { ok: true, result, ...read(result) };
    if (typeof outcome.ok === "boolean") return outcome;
    keeper.warn("the outcome function's `ok` is neither true nor false, so the call is booked as failed");
    return { ...outcome, ok: false };
  } catch (error) {
    keeper.warn(`the outcome function failed, so the call is booked as reserved: ${messageOf(error)}`);
    return { ok: true };
  }
}

function isStream(result: unknown): result is AsyncIterator<unknown> {
  return (
    typeof result === "object" &&
    result !== null &&
    Symbol.asyncIterator in result &&
    typeof (result as { next?: unknown }).next === "function"
  );
}

/**
 * A generator is in flight until it ends; each step passes the fence. Whoever reads it hears of a void permit at once,
 * also in the middle of a step; the permit ends when the generator itself does. To stop reading is no failure.
 */
function followed(
  stream: AsyncIterator<unknown>,
  permit: Permit,
  onVoid: (listener: (reason: HaltedError) => void) => void,
  end: (outcome: Outcome) => void,
): AsyncGenerator<unknown, unknown, unknown> {
  let closing: Promise<void> | undefined;
  const close = (ok: boolean): Promise<void> =>
    (closing ??= closed(stream, permit).then(() => {
      end({ ok });
    }));
  let interrupt: ((reason: HaltedError) => void) | undefined;
  onVoid((reason) => {
    // Between two steps nothing of it runs, and nothing will.
    if (interrupt === undefined) void close(false);
    else interrupt(reason);
  });
  const pass = (): void => {
    if (permit.voided !== null) throw permit.voided;
    if (!permit.isSettled) permit.check();
  };
  const step = (): Promise<IteratorResult<unknown, unknown>> =>
    new Promise((resolve, reject) => {
      interrupt = reject;
      Promise.resolve(runUnder(permit, () => stream.next())).then(resolve, reject);
    });
  return (async function* () {
    let ok = true;
    let done = false;
    try {
      for (;;) {
        pass();
        const result = await step();
        interrupt = undefined;
        if (result.done === true) {
          done = true;
          return result.value;
        }
        pass();
        yield result.value;
      }
    } catch (error) {
      ok = false;
      throw error;
    } finally {
      if (done) end({ ok });
      else if (permit.voided === null) await close(ok);
      else void close(false);
    }
  })();
}

async function closed(stream: AsyncIterator<unknown>, permit: Permit): Promise<void> {
  try {
    await runUnder(permit, () => stream.return?.(undefined));
  } catch {
    // It has ended all the same.
  }
}
