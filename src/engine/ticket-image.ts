import { MICRO } from "../core/measure.js";
import { canonicalJson } from "../core/canonical.js";
import type { Rule } from "../policy/index.js";
import type { Approval } from "./approvals.js";
import type { Counter, CounterKey, Guard } from "./guards/guard.js";
import { TimeoutCounter } from "./guards/timeout.js";
import type { TimeoutGuard } from "./guards/timeout.js";
import { Lane } from "./lanes.js";
import type { LaneTable, Status } from "./lanes.js";
import { NO_PLAN } from "./plan.js";
import { Ticket } from "./ticket.js";
import { amountsOf, factIds } from "./world.js";
import type { World } from "./world.js";

const CALLS_ONLY: readonly number[] = [MICRO];

/** A counter by the rule that it belongs to and its key. */
type CounterRef = readonly [rule: string, key: CounterKey];

/** A `timeout` rule that watches a ticket; the whole rule, as it may have left the policy. */
interface TimeoutImage {
  readonly rule: Rule;
  readonly enforced: boolean;
  readonly key: CounterKey;
}

export interface TicketImage {
  readonly seq: number;
  readonly slot: number;
  readonly source: string;
  readonly series: string;
  /** Its lane is none of the table's but one of those beyond the cap, with this status. */
  readonly standIn?: Status;
  readonly mono: number;
  readonly epoch: number;
  readonly cost: Readonly<Record<string, number>>;
  readonly tags: readonly string[] | null;
  readonly facts: { readonly true: readonly string[]; readonly unknown: readonly string[] } | null;
  readonly bind: string | null;
  readonly args: string | null;
  readonly took: readonly CounterRef[];
  readonly held: readonly CounterRef[];
  readonly grant: Approval | null;
  /** The `timeout` rules that watch it, in the order in which they pass. */
  readonly timeouts: readonly TimeoutImage[];
  readonly voidedBy: string | null;
  /** Value tests that its lane's rules asked. */
  readonly tests: readonly string[];
}

export function ticketImage(ticket: Ticket, world: World, guards: readonly Guard[]): TicketImage {
  const { seq, lane, mono, epoch, amounts, details, grant, timeouts, voidedBy } = ticket;
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
    ...(lane.isStandIn && { standIn: lane.status }),
    mono,
    epoch,
    cost,
    tags: details?.tags ?? null,
    facts: facts && {
      true: facts.filter((id) => id >= 0).map((id) => world.tests[id]!.key),
      unknown: facts.filter((id) => id < 0).map((id) => world.tests[~id]!.key),
    },
    bind: details?.bind ?? null,
    args: details?.args ?? null,
    took: refs(ticket.took ?? ticket.plan!.committers, guards),
    held: refs(ticket.held ?? ticket.plan!.settlers, guards),
    grant: grant && { ...grant },
    timeouts: timeouts.map(({ guard, key }) => ({ rule: guard.rule, enforced: guard.enforced, key })),
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
  const { seq, mono, epoch, tags, bind, args } = image;
  const lane = laneOf(image, lanes);
  const amounts = amountsOf(world, image.cost) ?? CALLS_ONLY;
  const facts = image.facts && factIds(world, image.facts);
  const isBare = tags === null && facts === null && bind === null && args === null;
  const details = isBare ? null : { tags, facts, bind, args };
  const ticket = new Ticket(seq, lane, mono, epoch, amounts, details);
  const counters = (list: readonly CounterRef[]): Counter[] =>
    list.flatMap(([rule, key]) => guards.find(({ id }) => id === rule)?.table.peek(key) ?? []);
  ticket.plan = { ...NO_PLAN, tests: image.tests.map((key) => world.testId(key)) };
  ticket.took = counters(image.took);
  ticket.held = counters(image.held);
  ticket.grant = image.grant && { ...image.grant };
  ticket.voidedBy = image.voidedBy;
  ticket.timeouts = image.timeouts.map((timeout) => restoreTimeout(timeout, parts));
  ticket.slot = image.slot;
  return ticket;
}

/** The lane that the action was decided in: the table may have another one of this name by now. */
function laneOf({ source, series, mono, standIn }: TicketImage, lanes: LaneTable): Lane {
  if (standIn === undefined) return lanes.find(source, series) ?? new Lane(source, series, NO_PLAN, mono);
  const lane = new Lane(source, series, NO_PLAN, mono);
  lane.isStandIn = true;
  lane.status = standIn;
  lane.score = lanes.shared;
  return lane;
}

function restoreTimeout({ rule, enforced, key }: TimeoutImage, parts: TicketParts): TimeoutCounter {
  const text = canonicalJson(rule);
  const known = parts.guards.find((guard) => guard.id === rule.id && canonicalJson(guard.rule) === text);
  // The table's own counter, which hears when the rule's limit changes.
  const counter = known?.table.peek(key);
  if (counter instanceof TimeoutCounter) return counter;
  const guard = (known ?? parts.guardOf(rule)) as TimeoutGuard;
  if (known === undefined) guard.enforced = enforced;
  return new TimeoutCounter(guard, key);
}

/** Counters that nobody finds any more (their rule is gone) are left out: what they hold decides nothing. */
function refs(counters: readonly Counter[], guards: readonly Guard[]): CounterRef[] {
  return counters
    .filter((counter) => guards.includes(counter.guard) && counter.guard.table.peek(counter.key) === counter)
    .map((counter) => [counter.guard.id, counter.key]);
}
