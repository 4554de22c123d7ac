import { ReinError } from "../core/errors.js";
import { MICRO } from "../core/measure.js";
import type { Rule } from "../policy/index.js";
import type { AccountsImage } from "./accounts.js";
import type { Approval, ApprovalsImage } from "./approvals.js";
import type { TableImage } from "./counter-table.js";
import type { EngineLimits } from "./engine.js";
import type { Mode } from "./events.js";
import type { Counter, CounterKey, Guard } from "./guards/guard.js";
import type { HaltsImage } from "./halts.js";
import { Lane } from "./lanes.js";
import type { LanesImage, LaneTable } from "./lanes.js";
import type { Plan } from "./plan.js";
import { Ticket } from "./ticket.js";
import { TimeoutCounter, TimeoutGuard } from "./guards/timeout.js";
import { amountsOf, factIds } from "./world.js";
import type { Regime, World } from "./world.js";

const CALLS_ONLY: readonly number[] = [MICRO];

/** Version of {@link EngineImage}: raised whenever an older reader would misread it; see `migrateImage`. */
export const IMAGE_FORMAT = 1;

/**
 * Everything an engine knows, JSON-safe. An engine restored from it makes the same decisions from then on. Times are
 * the engine's own: monotonic time goes on over restarts. `null` stands for an infinite time.
 */
export interface EngineImage {
  readonly format: typeof IMAGE_FORMAT;
  /** Version of the engine that wrote it. */
  readonly engine: number;
  readonly at: number;
  readonly mono: number;
  readonly seq: number;
  readonly mode: Mode;
  readonly rules: readonly Rule[];
  readonly limits: EngineLimits;
  readonly regime: Regime;
  readonly signals: readonly (readonly [name: string, value: number, mono: number])[];
  readonly calendars: readonly (readonly [
    key: string,
    period: number,
    open: boolean | null,
    until: number,
  ])[];
  readonly halts: HaltsImage;
  readonly approvals: ApprovalsImage;
  readonly lanes: LanesImage;
  readonly accounts: AccountsImage;
  /** In the order of `rules`. */
  readonly guards: readonly { readonly id: string; readonly state: unknown; readonly table: TableImage }[];
  readonly open: readonly TicketImage[];
  /** Free places in the table of open tickets, in the order in which they will be used. */
  readonly free: readonly number[];
  /** Expired, and an outcome may still come. */
  readonly expired: readonly TicketImage[];
}

/** A counter by the rule that it belongs to and its key. */
type CounterRef = readonly [rule: string, key: CounterKey];

export interface TicketImage {
  readonly seq: number;
  readonly slot: number;
  readonly source: string;
  readonly series: string;
  readonly mono: number;
  readonly epoch: number;
  readonly cost: Readonly<Record<string, number>>;
  readonly tags: readonly string[] | null;
  readonly facts: { readonly true: readonly string[]; readonly unknown: readonly string[] } | null;
  readonly bind: string | null;
  readonly took: readonly CounterRef[];
  readonly held: readonly CounterRef[];
  readonly grant: Approval | null;
  /** The `timeout` rule that watches it; the whole rule, as it may have left the policy. */
  readonly timeout: { readonly rule: Rule; readonly enforced: boolean; readonly key: CounterKey } | null;
  readonly voidedBy: string | null;
  /** Value tests that its lane's rules asked. */
  readonly tests: readonly string[];
}

type Migration = (image: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;

/** How an image of each older format becomes one of the next. */
const MIGRATIONS: ReadonlyMap<number, Migration> = new Map();

/**
 * Brings an image of any earlier format up to date.
 *
 * @throws ReinError `store_newer`, `store_damaged`
 */
export function migrateImage(
  value: unknown,
  migrations: ReadonlyMap<number, Migration> = MIGRATIONS,
  current: number = IMAGE_FORMAT,
): EngineImage {
  let image = value as Readonly<Record<string, unknown>>;
  if (typeof image !== "object" || image === null || !Number.isInteger(image["format"])) {
    throw new ReinError("store_damaged", "the snapshot is not one of an engine", {
      help: "run `rein doctor DIR` to see what is wrong with it",
    });
  }
  for (let format = image["format"] as number; format !== current; format = image["format"] as number) {
    const migrate = migrations.get(format);
    if (format > current || migrate === undefined) {
      throw new ReinError(
        "store_newer",
        `the state was written in format ${format}, and this version reads up to ${current}`,
        { help: "open it with the version of rein that wrote it, or a newer one" },
      );
    }
    image = migrate(image);
  }
  return image as unknown as EngineImage;
}

export function ticketImage(ticket: Ticket, world: World): TicketImage {
  const { seq, lane, mono, epoch, amounts, details, grant, timeout, voidedBy } = ticket;
  const cost: Record<string, number> = Object.create(null) as typeof cost;
  amounts.forEach((amount, i) => {
    if (i > 0 && amount >= 0) cost[world.measures[i]!] = amount;
  });
  const facts = details?.facts ?? null;
  return {
    seq,
    slot: ticket.slot,
    source: lane.source,
    series: lane.series,
    mono,
    epoch,
    cost,
    tags: details?.tags ?? null,
    facts: facts && {
      true: facts.filter((id) => id >= 0).map((id) => world.tests[id]!.key),
      unknown: facts.filter((id) => id < 0).map((id) => world.tests[~id]!.key),
    },
    bind: details?.bind ?? null,
    took: refs(ticket.took ?? ticket.plan!.committers),
    held: refs(ticket.held ?? ticket.plan!.settlers),
    grant: grant && { ...grant },
    timeout: timeout && { rule: timeout.guard.rule, enforced: timeout.guard.enforced, key: timeout.key },
    voidedBy,
    tests: ticket.plan!.tests.map((id) => world.tests[id]!.key),
  };
}

/** What a ticket refers to; the tables are restored by then. */
export interface TicketParts {
  readonly world: World;
  readonly lanes: LaneTable;
  readonly guards: readonly Guard[];
  guardOf(rule: Rule): Guard;
}

export function restoreTicket(image: TicketImage, parts: TicketParts): Ticket {
  const { world, lanes, guards } = parts;
  const { source, series, seq, mono, epoch, tags, bind } = image;
  const lane = lanes.find(source, series) ?? new Lane(source, series, NO_PLAN, mono);
  const amounts = amountsOf(world, image.cost) ?? CALLS_ONLY;
  const facts = image.facts && factIds(world, image.facts);
  const details = tags === null && facts === null && bind === null ? null : { tags, facts, bind };
  const ticket = new Ticket(seq, lane, mono, epoch, amounts, details);
  const counters = (list: readonly CounterRef[]): Counter[] =>
    list.flatMap(([rule, key]) => guards.find(({ id }) => id === rule)?.table.peek(key) ?? []);
  ticket.plan = { ...NO_PLAN, tests: image.tests.map((key) => world.testId(key)) };
  ticket.took = counters(image.took);
  ticket.held = counters(image.held);
  ticket.grant = image.grant && { ...image.grant };
  ticket.voidedBy = image.voidedBy;
  if (image.timeout !== null) {
    const { rule, enforced, key } = image.timeout;
    const known = guards.find((guard) => guard.id === rule.id && guard instanceof TimeoutGuard);
    const guard = (known ?? parts.guardOf(rule)) as TimeoutGuard;
    if (known === undefined) guard.enforced = enforced;
    ticket.timeout = new TimeoutCounter(guard, key);
  }
  ticket.slot = image.slot;
  return ticket;
}

/** What restored lanes and tickets have: no version is -1, so a lane's plan is made when it is first used. */
export const NO_PLAN: Plan = {
  version: -1,
  askers: [],
  latches: [],
  committers: [],
  settlers: [],
  observers: [],
  parts: [],
  tests: [],
  needsBind: false,
};

/** Counters that nobody finds any more (their rule is gone) are left out: what they hold decides nothing. */
function refs(counters: readonly Counter[]): CounterRef[] {
  return counters
    .filter((counter) => counter.guard.table.peek(counter.key) === counter)
    .map((counter) => [counter.guard.id, counter.key]);
}
