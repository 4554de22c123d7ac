import { ActionRefused, HaltedError } from "../../src/index.js";
import type { Permit } from "../../src/index.js";
import type { SeededRandom } from "../../src/testing/seeded-random.js";
import type { Grant } from "./ledger.js";
import type { Life } from "./life.js";
import { RECIPIENTS, SERIES, SOURCES } from "./rules.js";
import type { Deed } from "./rules.js";
import { actionOf } from "./world.js";

export function randomDeed(random: SeededRandom): Deed {
  const series = random.pick(SERIES);
  return {
    source: random.pick(SOURCES),
    series,
    // What a human is asked about comes again exactly as it was.
    cents: series === "refund" ? 40 : random.chance(0.95) ? random.below(180) : undefined,
    tokens: random.chance(0.8) ? 10 + random.below(500) : undefined,
    recipient: random.chance(0.7) ? random.pick(RECIPIENTS) : undefined,
    order: series === "refund" ? random.below(2) : random.below(1000),
    ...(series === "refund" && { tokens: 20, recipient: RECIPIENTS[0] }),
  };
}

/** One agent does one thing, in one of the ways in which agents do things. */
export async function act(life: Life, deed: Deed): Promise<void> {
  const way = life.random.below(100);
  try {
    if (way < 55) await viaGate(life, deed);
    else if (way < 75) await viaAdmit(life, deed);
    else await viaGoverned(life, deed);
  } catch (error) {
    // A process that is dead may think what it likes.
    if (!life.isLive || life.isClosing || isRefusal(error)) return;
    life.world.fail(
      `an agent was thrown ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  }
}

function isRefusal(error: unknown): boolean {
  return HaltedError.isInstance(error) || ActionRefused.isInstance(error);
}

async function viaGate(life: Life, deed: Deed): Promise<void> {
  const args = life.argsOf(deed);
  const decision = life.rein.gate({ ...actionOf(deed), args });
  if (decision.allowed) await run(life, decision.permit, life.grantOf(args));
}

async function viaAdmit(life: Life, deed: Deed): Promise<void> {
  const { random, habits, rein } = life;
  const args = life.argsOf(deed);
  const waitMs = random.chance(0.4) ? random.below(3_000) : 0;
  const decision = await rein.admit({ ...actionOf(deed), args }, { waitMs });
  const grant = life.grantOf(args);
  if (!decision.allowed) {
    if (grant !== null) life.world.cancelled(grant);
    return;
  }
  if (habits.durability === "durable") life.confirmed(args);
  await run(life, decision.permit, grant);
}

async function viaGoverned(life: Life, deed: Deed): Promise<void> {
  const { random, habits, rein } = life;
  const args = life.argsOf(deed);
  const { source, series, cost, tags } = actionOf(deed);
  const isDeaf = random.chance(0.3);
  let spent: { readonly usd?: number; readonly tokens?: number } | undefined;
  let hasBegun = false;
  const body = async (_args: object): Promise<void> => {
    hasBegun = true;
    const grant = life.grantOf(args);
    try {
      if (habits.durability === "durable") life.confirmed(args);
      const permit = rein.current()!;
      await pass(life);
      if (!isDeaf) permit.check();
      spent = work(life, permit.id, grant, !isDeaf);
      await pass(life);
      if (random.chance(0.1)) throw new HaltedError("halted", "the tool gave up");
    } finally {
      if (grant !== null) grant.isOver = true;
    }
  };
  const outcome = () => ({ ok: random.chance(0.8), cost: spent });
  const waitMs = random.chance(0.3) ? random.below(2_000) : 0;
  try {
    await rein.governed({ source, series, cost, tags, waitMs, outcome }, body)(args);
  } finally {
    const grant = life.grantOf(args);
    // It was allowed, and could not be recorded or was halted before it began.
    if (grant !== null && !hasBegun) life.world.cancelled(grant);
  }
}

/** What happens under a permit that the agent holds itself. */
async function run(life: Life, permit: Permit, grant: Grant | null): Promise<void> {
  const { random, rein } = life;
  const { id } = permit;
  const isDeaf = random.chance(0.1);
  const isAborting = random.chance(0.2);
  let isAborted = false;
  if (isAborting) permit.signal.addEventListener("abort", () => (isAborted = true));
  await pass(life);
  if (isAborted) {
    settle(() => permit.settle({ ok: false }));
    if (grant !== null) grant.isOver = true;
    return;
  }
  if (!isDeaf) permit.check();
  const spent = work(life, id, grant, !isDeaf);
  await pass(life);
  // Some agents never say how it ended.
  if (random.chance(0.15)) return;
  const outcome = { ok: random.chance(0.75), ...(random.chance(0.7) && { cost: spent }) };
  const done = settle(() => {
    if (random.chance(0.2)) rein.settle(id, outcome);
    else permit.settle(outcome);
  });
  if (done && grant !== null) grant.isOver = true;

  function settle(end: () => void): boolean {
    try {
      end();
      return true;
    } catch (error) {
      const { code } = error as { code?: string };
      // It has expired, or the governor was closed meanwhile.
      if (code === "unknown_decision" || code === "closed" || !life.isLive) return false;
      throw error;
    }
  }
}

/** The effect; what it really cost is never more than was said. */
function work(life: Life, id: string, grant: Grant | null, isFenced: boolean) {
  const { random, world, machine } = life;
  // No grant: the process was dead when the gate answered.
  if (grant === null) return undefined;
  const { cents, tokens } = grant.deed;
  const spent = {
    cents: cents === undefined ? 0 : random.chance(0.5) ? cents : random.below(cents + 1),
    tokens: tokens === undefined ? 0 : random.chance(0.5) ? tokens : random.below(tokens + 1),
  };
  // Nobody promises anything about what goes on for longer than a permit is good.
  if (!isFenced && machine.time.mono - grant.at >= grant.ttlMs) return undefined;
  world.effect(grant, id, isFenced, spent.cents, spent.tokens);
  return {
    ...(cents !== undefined && { usd: spent.cents / 100 }),
    ...(tokens !== undefined && { tokens: spent.tokens }),
  };
}

/** An agent does something else for a while. */
async function pass(life: Life): Promise<void> {
  const { random } = life;
  const kind = random.below(20);
  if (kind < 13) for (let hops = random.below(6); hops > 0; hops--) await Promise.resolve();
  else await life.sleep(kind < 19 ? 1 + random.below(400) : random.below(8_000));
}
