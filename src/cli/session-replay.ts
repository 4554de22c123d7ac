import { HaltedError, InvalidInputError } from "../core/errors.js";
import type { CompiledPolicy } from "../policy/index.js";
import { VirtualClock } from "../redteam/virtual-clock.js";
import { Rein, ReinConfig } from "../rein/index.js";
import type { Logger, Permit } from "../rein/index.js";
import type { RecordedAction, RecordedEvent, RecordedSession } from "./recorded.js";
import { ReplayTally } from "./replay-tally.js";
import type { Attempt, SessionReplayReport, SessionTally } from "./replay-tally.js";

export interface SessionReplayOptions {
  readonly policy: CompiledPolicy;
  /** Time between the starts of two events that have no time of their own, in ms. */
  readonly paceMs: number;
  /** Wall time at which a session without times starts. */
  readonly startAt: number;
  /** One governor for all sessions, so that budgets, rates and halts carry over, instead of a fresh one for each. */
  readonly continuous?: boolean | undefined;
  /** How many refusals the report lists; all are counted. */
  readonly maxListed: number;
  /** Hears after every event how far it is. */
  readonly onEvent?: ((tally: ReplayTally) => void) | undefined;
}

/**
 * Runs recorded sessions through a real governor that enforces a policy, in virtual time and in memory, and reports
 * what it refused. A refused event did happen in the record, so what follows it in its session is uncertain: the
 * replay goes on with it and counts it as such.
 *
 * @throws InvalidInputError that names the place of a time that goes back
 */
export async function replaySessions(
  sessions: Iterable<RecordedSession> | AsyncIterable<RecordedSession>,
  options: SessionReplayOptions,
): Promise<SessionReplayReport> {
  const tally = new ReplayTally(options.policy, options.maxListed);
  let shared: Stage | undefined;
  for await (const session of sessions) {
    const stage = shared ?? new Stage(options, tally);
    if (options.continuous === true) shared = stage;
    await stage.play(session);
    if (shared === undefined) await stage.close();
  }
  await shared?.close();
  return tally.report();
}

/** An action that was allowed and has not ended yet. */
interface Running {
  readonly attempt: Attempt;
  readonly session: SessionTally;
  readonly permit: Permit;
  readonly endsAt: number;
}

/** Nobody reads the records of a replay; a short queue makes opening a governor for every session cheap. */
const CONFIG = new ReinConfig({ maxQueue: 256 });

/** Listeners are told in a microtask, and how many may wait is bounded. */
const BREATHE_EVERY = 256;

/** One governor with its clock, and what runs under it. */
class Stage {
  readonly #options: SessionReplayOptions;
  readonly #tally: ReplayTally;
  /** By the time they end; the first to end is last. */
  readonly #running: Running[] = [];
  #open: { readonly rein: Rein; readonly clock: VirtualClock; readonly timed: boolean } | undefined;
  #session: SessionTally | undefined;
  #recordedAt = -Infinity;
  #lastStart = -Infinity;
  #lastEnd = -Infinity;

  constructor(options: SessionReplayOptions, tally: ReplayTally) {
    this.#options = options;
    this.#tally = tally;
  }

  async play({ id, events }: RecordedSession): Promise<void> {
    const session = this.#tally.begin(id);
    this.#session = session;
    let index = 0;
    for await (const event of events) {
      index += 1;
      const { rein, clock } = (this.#open ??= await this.#start(event));
      const at = this.#timeOf(event);
      this.#endUntil(at);
      clock.moveTo(at);
      this.#lastStart = at;
      if (event.type === "action") this.#act(rein, event, session, index, at);
      else this.#report(rein, event);
      if (index % BREATHE_EVERY === 0) await breathe();
      this.#options.onEvent?.(this.#tally);
    }
    // What still runs belongs to this session; with one governor for all it may overlap with the next.
    if (this.#options.continuous !== true) this.#endUntil(Infinity);
    await breathe();
  }

  async close(): Promise<void> {
    this.#endUntil(Infinity);
    await breathe();
    await this.#open?.rein.close();
  }

  async #start(first: RecordedEvent): Promise<{ rein: Rein; clock: VirtualClock; timed: boolean }> {
    const clock = new VirtualClock(first.at ?? this.#options.startAt);
    // Alerts and halts are counted as such; only what went wrong inside must not be missed.
    const logger: Logger = {
      info: () => undefined,
      warn: () => undefined,
      error: (message) => {
        this.#tally.noteFault(message);
      },
    };
    const rein = await Rein.open({
      policy: this.#options.policy,
      mode: "enforce",
      clock,
      logger,
      config: CONFIG,
    });
    rein.on("halt", (halt) => {
      if (halt.resumed === undefined) this.#tally.noteHalt(this.#session!, halt);
    });
    rein.on("alert", (alert) => {
      this.#tally.noteAlert(this.#session!, alert);
    });
    return { rein, clock, timed: first.at !== undefined };
  }

  /** When an event starts. One without a time waits for its turn: an agent that acts step by step is not parallel. */
  #timeOf({ at, place }: RecordedEvent): number {
    const { clock, timed } = this.#open!;
    if (at === undefined) {
      return this.#lastStart === -Infinity
        ? clock.now()
        : Math.max(this.#lastStart + this.#options.paceMs, this.#lastEnd);
    }
    if (!timed) {
      throw new InvalidInputError("at", `${place} has a time, \`at\`, and the first event has none`, {
        help: "give the first event a time too, or none to all of them",
      });
    }
    if (at < this.#recordedAt) {
      throw new InvalidInputError(
        "at",
        `${place} goes back in time: ${iso(at)} after ${iso(this.#recordedAt)}`,
        {
          help:
            this.#options.continuous === true
              ? "sort the sessions by time, or leave --continuous out"
              : "sort the events by time",
        },
      );
    }
    this.#recordedAt = at;
    return Math.max(at, clock.now());
  }

  /** @throws InvalidInputError that names the place of a report that the governor does not take */
  #report(rein: Rein, event: Exclude<RecordedEvent, RecordedAction>): void {
    try {
      switch (event.type) {
        case "signal":
          rein.signal(event.signal, event.value);
          this.#tally.noteSignal(event.signal);
          return;
        case "balance": {
          const { account, start, current, realizedToday } = event;
          rein.balance({
            ...{ start, current },
            ...(account !== undefined && { account }),
            ...(realizedToday !== undefined && { realizedToday }),
          });
          this.#tally.noteBalance();
          return;
        }
        case "realize": {
          const { source, series, pnl, predictedEdge, capitalPct } = event;
          rein.realize({
            ...{ source, series, pnl },
            ...(predictedEdge !== undefined && { predictedEdge }),
            ...(capitalPct !== undefined && { capitalPct }),
          });
          this.#tally.noteRealized();
        }
      }
    } catch (error) {
      if (!InvalidInputError.isInstance(error)) throw error;
      const { help, message } = error;
      throw new InvalidInputError("event", `${event.place} is refused: ${message}`, { help, cause: error });
    }
  }

  #act(rein: Rein, action: RecordedAction, session: SessionTally, index: number, at: number): void {
    const { source, series, args, tags, cost, latencyMs } = action;
    const decision = rein.gate({ source, series, args, tags, cost });
    const attempt: Attempt = { action, index, at, uncertain: session.diverged };
    this.#tally.noteDecision(session, attempt, decision);
    if (!decision.allowed) return;
    const endsAt = at + (latencyMs ?? 0);
    this.#lastEnd = Math.max(this.#lastEnd, endsAt);
    const running: Running = { attempt, session, permit: decision.permit, endsAt };
    if (endsAt === at) this.#end(running);
    else this.#running.splice(placeFor(this.#running, endsAt), 0, running);
  }

  /** Ends what ends up to a time: an action that ends when another begins is over. */
  #endUntil(at: number): void {
    while (this.#running.length > 0 && this.#running.at(-1)!.endsAt <= at) {
      const running = this.#running.pop()!;
      this.#open!.clock.moveTo(running.endsAt);
      this.#end(running);
    }
  }

  #end({ attempt, session, permit, endsAt }: Running): void {
    const { ok, cost, latencyMs, progress, slippageCents, result } = attempt.action;
    let stopped: HaltedError | undefined;
    try {
      permit.check();
    } catch (error) {
      if (!HaltedError.isInstance(error)) throw error;
      stopped = error;
      this.#tally.noteStopped(session, { ...attempt, at: endsAt }, error);
    }
    // A stopped action did not bring its result, but it may have cost what it cost.
    const outcome = { ok: ok && stopped === undefined, cost, latencyMs, progress, slippageCents };
    permit.settle(stopped === undefined ? { ...outcome, result } : outcome);
  }
}

/** Where to insert so that later ends come first; of equal ends the earlier action ends first. */
function placeFor(running: readonly Running[], endsAt: number): number {
  let low = 0;
  let high = running.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (running[middle]!.endsAt > endsAt) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Lets listeners hear what happened before the session they belong to is over. */
function breathe(): Promise<void> {
  return new Promise((resolve) => {
    queueMicrotask(resolve);
  });
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
