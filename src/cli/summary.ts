import { join } from "node:path";
import type { Scope } from "../core/scope.js";
import type { Engine, HaltImage, Mode, Status } from "../engine/index.js";
import { haltImage } from "../engine/index.js";
import type { Lane } from "../engine/index.js";
import { compilePolicy } from "../policy/index.js";
import type { Rule } from "../policy/index.js";
import type { BudgetLine } from "../rein/index.js";
import type { StateReader } from "../rein/reading.js";
import { restoredNews } from "../rein/restored.js";
import { budgetLines } from "../rein/snapshot.js";
import { readTrouble } from "../rein/trouble.js";
import { nodeDisk } from "../store/index.js";
import { readInbox } from "./inbox.js";
import type { Inbox } from "./inbox.js";
import { alarmsOf, regimeSummary, staleSignalsOf } from "./summary-judgement.js";
import type { AlarmSummary, RegimeSummary, StaleSignal } from "./summary-judgement.js";
import { recordsSize } from "./watched-disk.js";

/** What there is to know of a governor at a glance. */
export interface Summary {
  readonly dir: string;
  /** Wall time of the look. */
  readonly at: number;
  readonly running: boolean;
  /** Who runs, or who ran last and did not let the directory go; null: the last one ended by itself. */
  readonly owner: { readonly pid: number; readonly host: string; readonly since: number } | null;
  readonly mode: Mode;
  readonly policy: { readonly digest: string; readonly rules: number };
  /** Why counters are those of the last snapshot, and only commands are newer; null: everything is as recorded. */
  readonly commandsOnly: string | null;
  readonly decisions: number;
  readonly inFlight: number;
  readonly halts: readonly HaltSummary[];
  /** Lanes that are blocked or killed. */
  readonly lanes: readonly LaneSummary[];
  /** Lanes that are yellow and were something else before; new lanes are yellow, too, and not among them. */
  readonly probation: readonly LaneSummary[];
  readonly breakers: readonly BreakerSummary[];
  /** Alarms of rules that watch what happens, as long as they block something. */
  readonly alarms: readonly AlarmSummary[];
  readonly regime: RegimeSummary;
  /** Signals that stopped arriving, or never did where a rule needs them. */
  readonly staleSignals: readonly StaleSignal[];
  /** Approvals that wait for an answer. */
  readonly approvals: readonly ApprovalSummary[];
  /** The fullest first. */
  readonly budgets: readonly BudgetLine[];
  readonly inbox: Inbox;
  readonly records: { readonly segments: number; readonly bytes: number; readonly newestAt: number };
  /** Why the running process cannot write its records; null: it can. */
  readonly trouble: string | null;
  /** Files that a crash or a repair has set aside. */
  readonly quarantined: number;
  readonly snapshotAt: number;
  readonly notes: readonly string[];
  /** What the next start will say, where nobody runs. */
  readonly nextStart: { readonly infos: readonly string[]; readonly warnings: readonly string[] } | null;
}

export interface HaltSummary {
  readonly id: string;
  readonly scope: Scope;
  readonly by: string;
  readonly reason: string;
  readonly rule?: string;
  readonly at: number;
  /** How often it must be resumed. */
  readonly count: number;
  /** Milliseconds until it ends by itself; null: until it is resumed. */
  readonly endsInMs: number | null;
}

export interface LaneSummary {
  readonly source: string;
  readonly series: string;
  readonly status: Status;
  readonly reason: string;
  /** Wall time since when; null: from the beginning. */
  readonly since: number | null;
}

export interface BreakerSummary {
  readonly rule: string;
  readonly key: object;
  readonly state: string;
  readonly evidence: string;
  readonly openForMs: number;
}

export interface ApprovalSummary {
  readonly id: string;
  readonly source: string;
  readonly series: string;
  readonly rule: string;
  readonly at: number;
  readonly lapsesInMs: number;
}

/** Looks at a state; where nobody runs, at what the next start will make of it (only once: that changes the reader). */
export function summarizeNextStart(reader: StateReader, now: number): Summary {
  if (reader.isRunning) return summarize(reader, now);
  const newestAt = reader.at;
  const inFlight = reader.engine.open.size;
  const facts = reader.restart(now);
  const nextStart = restoredNews(`\`${reader.dir}\``, reader.recovered, facts, reader.engine, inFlight);
  const summary = summarize(reader, now);
  return { ...summary, inFlight, records: { ...summary.records, newestAt }, nextStart };
}

/** Looks at a state as it was left, or as it is. */
export function summarize(reader: StateReader, now: number): Summary {
  const { dir, store, recovered, isRunning: running } = reader;
  const { owner } = store;
  const { engine } = reader;
  const mono = running ? reader.monoAt(now) : reader.mono;
  return {
    dir,
    at: now,
    running,
    owner: owner && { pid: owner.pid, host: owner.host, since: owner.since },
    mode: engine.mode,
    policy: policyOf(engine),
    commandsOnly: recovered.tail > 0 ? recovered.commandsOnly : null,
    decisions: engine.seq,
    inFlight: engine.open.size,
    halts: haltsOf(reader, mono),
    lanes: [...engine.lanes.all()].filter(({ isBarred }) => isBarred).map(laneOf),
    probation: [...engine.lanes.all()]
      .filter(({ status, statusAt }) => status === "yellow" && statusAt !== 0)
      .map(laneOf),
    breakers: breakersOf(engine, mono),
    alarms: alarmsOf(engine, mono),
    regime: regimeSummary(engine.weather.report()),
    staleSignals: staleSignalsOf(engine, mono),
    approvals: [...engine.approvals.all()]
      .filter(({ state, until }) => state === "pending" && until > mono)
      .map(({ id, source, series, rule, at, until }) => ({
        ...{ id, source, series, rule, at },
        lapsesInMs: until - mono,
      })),
    budgets: fullestFirst(budgetLines(engine, mono)),
    inbox: readInbox(dir),
    records: { ...recordsSize(reader.log), newestAt: reader.at },
    trouble: running ? readTrouble(nodeDisk, dir) : null,
    quarantined: quarantinedIn(dir),
    snapshotAt: store.snapshot!.at,
    notes: store.notes,
    nextStart: null,
  };
}

function laneOf({ source, series, status, statusReason: reason, statusAt }: Lane): LaneSummary {
  return { source, series, status, reason, since: statusAt === 0 ? null : statusAt };
}

/** Why a check says no; empty: it runs, and nothing is stopped. */
export function whatIsAmiss({ running, halts, lanes, trouble }: Summary): readonly string[] {
  const killed = lanes.filter(({ status }) => status === "black").length;
  return [
    ...(running ? [] : ["no process runs"]),
    ...(trouble === null ? [] : ["records cannot be written"]),
    ...(halts.length > 0 ? ["halted"] : []),
    ...(killed > 0 ? ["lanes are killed"] : []),
  ];
}

/** How much of a budget is used; more than 1 where it is exceeded. */
export function usedShare({ spent, reserved, limit }: BudgetLine): number {
  return limit > 0 ? (spent + reserved) / limit : 1;
}

export function fullestFirst(lines: readonly BudgetLine[]): readonly BudgetLine[] {
  return [...lines].sort((a, b) => usedShare(b) - usedShare(a));
}

export function breakersOf(engine: Engine, mono: number): BreakerSummary[] {
  return engine.guards
    .filter(({ rule, quiet }) => rule.kind === "errors" && !quiet)
    .flatMap((guard) =>
      [...guard.table.all()].flatMap((counter) => {
        const state = counter.snapshot(mono) as
          { readonly state?: string; readonly openForMs: number; readonly evidence: string } | undefined;
        if (state?.state === undefined) return [];
        const { openForMs, evidence } = state;
        return [{ rule: guard.id, key: counter.key, state: state.state, evidence, openForMs }];
      }),
    );
}

/** A halt is in the journal before it is in the records: what has been read of them may not know it yet. */
function haltsOf({ engine, store, isRunning }: StateReader, mono: number): HaltSummary[] {
  const known = [...engine.halts.all()].map(haltImage);
  const news = isRunning
    ? ([...store.halts.values()] as unknown as HaltImage[]).filter(({ epoch }) => epoch > engine.halts.epoch)
    : [];
  return [...known, ...news]
    .filter(({ until }) => until === null || until > mono)
    .map(({ id, scope, by, reason, rule, at, count, until }) => ({
      ...{ id, scope, by, reason, at, count },
      ...(rule !== undefined && { rule }),
      endsInMs: until === null ? null : until - mono,
    }));
}

const policies = new WeakMap<readonly Rule[], Summary["policy"]>();

/** Rules are the same for many looks. */
function policyOf({ rules }: Engine): Summary["policy"] {
  let policy = policies.get(rules);
  if (policy === undefined) {
    const { digest } = compilePolicy(rules, { allowReserved: true });
    policies.set(rules, (policy = { digest, rules: rules.length }));
  }
  return policy;
}

function quarantinedIn(dir: string): number {
  const path = join(dir, "quarantine");
  return nodeDisk.look(path)?.type === "directory" ? nodeDisk.list(path).length : 0;
}
