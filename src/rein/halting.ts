import { hostname } from "node:os";
import { InvalidInputError } from "../core/errors.js";
import { checkScope } from "../core/scope.js";
import type { Scope } from "../core/scope.js";
import { stops } from "../engine/index.js";
import type { Halt } from "../engine/index.js";
import { tagTest } from "../policy/value-tests.js";
import { schedule } from "./clock.js";
import { currentPermits } from "./context.js";
import type { Desk } from "./desk.js";
import type { Fate, Permit } from "./permit.js";

export interface HaltRequest {
  /** What to stop; everything when absent. */
  readonly scope?: Scope | undefined;
  readonly reason?: string | undefined;
  /** Who stops it. */
  readonly by?: string | undefined;
  /** How long to wait for what is in flight; the setting HALT_DEADLINE_SECONDS when absent. */
  readonly deadlineMs?: number | undefined;
}

/** What a halt did, and what it could not do. */
export interface HaltReceipt {
  readonly id: string;
  readonly epoch: number;
  readonly scope: Scope;
  readonly reason: string;
  readonly by: string;
  /** Wall time in ms at which the gates were shut. */
  readonly at: number;
  /** Milliseconds until the receipt was written. */
  readonly ms: number;
  /** Nothing in the scope runs any more: no action is `unknown`, every process has answered. */
  readonly complete: boolean;
  readonly processes: readonly {
    readonly host: string;
    readonly pid: number;
    readonly acknowledged: boolean;
    readonly ms: number;
  }[];
  /** Every action that was in flight; `ms` until it was seen to end, or until the deadline for `unknown`. */
  readonly inFlight: readonly {
    readonly id: string;
    readonly source: string;
    readonly series: string;
    readonly fate: Fate;
    readonly ms: number;
  }[];
}

/** Actions of unknown fate that a log line names; the receipt names all. */
const NAMED_IN_LOG = 10;

/**
 * Stops a scope: voids its permits before anything else happens, then waits for what was in flight, and tells the
 * truth about it.
 */
export async function haltWithReceipt(desk: Desk, request: HaltRequest): Promise<HaltReceipt> {
  if (typeof request !== "object" || request === null) {
    throw new InvalidInputError("request", "a halt is asked for with an object", {
      help: "halt() stops everything; halt({ scope, reason, by }) a part",
    });
  }
  const scope = checkScope(request.scope ?? "all");
  const reason = text(request.reason, "");
  const by = text(request.by, "operator");
  const started = performance.now();
  const since = (): number => Math.round((performance.now() - started) * 1000) / 1000;

  const tagged = tagFilter(scope);
  const open = [...desk.engine.open.all()].map((ticket) => ticket.owner as Permit);
  // Taken down before anything is stopped: what ends at once, in an abort listener, was in flight, too.
  const running = [...open, ...desk.stopping.lingering];
  const seqs = tagged === null ? undefined : open.filter(tagged).map(({ ticket }) => ticket.seq);
  const halt = desk.halt(scope, by, reason, seqs);
  const ackMs = since();

  // The scope that is in force: at the cap it is wider than the one asked for.
  const inScope = tagFilter(halt.info.scope);
  const affected = running.filter(
    (permit) => concerns(halt, permit) && (inScope === null || inScope(permit)),
  );
  for (const permit of affected) desk.stopping.stopSettled(permit, halt);
  const ends = new Map<Permit, number>();
  await allEnded(desk, affected, deadlineOf(desk, request), (permit) => ends.set(permit, since()));

  const inFlight = affected.map((permit) => ({
    id: permit.id,
    source: permit.source,
    series: permit.series,
    fate: permit.fate,
    ms: ends.get(permit) ?? since(),
  }));
  const unknown = inFlight.filter(({ fate }) => fate === "unknown");
  const receipt: HaltReceipt = {
    id: halt.info.id,
    epoch: halt.info.epoch,
    scope: halt.info.scope,
    reason,
    by,
    at: halt.info.at,
    ms: since(),
    complete: unknown.length === 0,
    processes: [{ host: hostname(), pid: process.pid, acknowledged: true, ms: ackMs }],
    inFlight,
  };
  if (unknown.length > 0) {
    const names = unknown
      .slice(0, NAMED_IN_LOG)
      .map(({ series, source, id }) => `\`${series}\` by \`${source}\` (${id})`);
    const more = unknown.length > NAMED_IN_LOG ? ` and ${unknown.length - NAMED_IN_LOG} more` : "";
    desk.logger.error(
      `halt ${receipt.id} is NOT complete: ${names.join(", ")}${more} did not end before the deadline and may still act`,
    );
  }
  if (!desk.closed) {
    desk.recorder.event({
      type: "receipt",
      at: desk.timeline.at,
      mono: desk.timeline.mono,
      halt: receipt.id,
      complete: receipt.complete,
      inFlight,
    });
    // A disk that fails must not turn a halt that holds into an error.
    await desk.recorder.flush(false).catch(() => undefined);
  }
  return receipt;
}

/** Resolves when every permit's action is over, or at the deadline; `onEnd` hears of each that ends. */
function allEnded(
  desk: Desk,
  permits: readonly Permit[],
  deadlineMs: number,
  onEnd: (permit: Permit) => void,
): Promise<void> {
  const pending = new Set(permits.filter((permit) => !permit.isOver));
  for (const permit of permits) if (permit.isOver) onEnd(permit);
  // The action that called for the halt cannot end before the halt returns, so nobody waits for it.
  const own = currentPermits();
  const waitedFor = (): number => [...pending].filter((permit) => !own.includes(permit)).length;
  if (pending.size === 0 || deadlineMs === 0) return Promise.resolve();
  return new Promise((resolve) => {
    let waiting = waitedFor();
    const finish = (): void => {
      desk.endings.delete(ending);
      desk.closings.delete(finish);
      cancel();
      resolve();
    };
    const ending = (permit: Permit): void => {
      if (!pending.delete(permit)) return;
      onEnd(permit);
      if (!own.includes(permit)) waiting -= 1;
      if (waiting === 0) finish();
    };
    const cancel = waiting === 0 ? () => undefined : schedule(desk.clock, finish, deadlineMs, true);
    desk.endings.add(ending);
    desk.closings.add(finish);
    if (waiting === 0) finish();
  });
}

function concerns(halt: Halt, permit: Permit): boolean {
  if (permit.ticket.voidedBy === halt.info.id) return true;
  return halt.covers(permit.source, permit.series) && (halt.tests.length > 0 || stops(halt, permit.ticket));
}

/** Whether an action's tags are in the scope; null for a scope that names none. */
function tagFilter(scope: Scope): ((permit: Permit) => boolean) | null {
  if (scope === "all" || scope.tags === undefined) return null;
  const tests = Object.entries(scope.tags).map(([name, globs]) => tagTest(name, globs));
  return (permit) => tests.every((test) => test.holds({ tags: permit.tags }));
}

/** A deadline that makes no sense must not keep anybody from stopping things. */
function deadlineOf(desk: Desk, { deadlineMs }: HaltRequest): number {
  if (deadlineMs !== undefined && Number.isFinite(deadlineMs) && deadlineMs >= 0) return deadlineMs;
  if (deadlineMs !== undefined)
    desk.logger.warn(`a halt's deadlineMs of ${deadlineMs} is not a time; the default is used`);
  return desk.config.haltDeadlineSeconds * 1000;
}

function text(value: unknown, otherwise: string): string {
  return typeof value === "string" && value !== "" ? value : otherwise;
}
