import { setImmediate as nextTurn } from "node:timers/promises";
import { compilePolicy, ReinError } from "../../src/index.js";
import type { CompiledPolicy, ReinOptions } from "../../src/index.js";
import { SeededRandom } from "../../src/testing/seeded-random.js";
import { act, randomDeed } from "./agents.js";
import { breakDisk, heal } from "./faults.js";
import { Life } from "./life.js";
import type { Habits } from "./life.js";
import { SimMachine } from "./machine.js";
import type { Death } from "./machine.js";
import { Operator } from "./operator.js";
import { readPast, runAndNumber, tooMuch } from "./records.js";
import { FREE, randomRules, withOtherLimits } from "./rules.js";
import type { SimRule } from "./rules.js";
import { onStage } from "./stage.js";
import { SimTime } from "./time.js";
import { Broken, World } from "./world.js";

/** What came of a run. */
export interface RunResult {
  readonly seed: number;
  readonly steps: number;
  /** The promise that was broken; null: none. */
  readonly broken: string | null;
  /** The same for every run of the same seed and steps. */
  readonly digest: string;
  readonly counts: ReadonlyMap<string, number>;
  /** The end of what happened. */
  readonly lines: readonly string[];
}

/** Runs one history: everything in it follows from the seed. A shorter one of the same seed is its beginning. */
export async function simulate(seed: number, steps: number): Promise<RunResult> {
  const simulation = new Simulation(seed);
  let broken: string | null = null;
  try {
    await simulation.run(steps);
  } catch (error) {
    broken =
      error instanceof Broken
        ? error.message
        : error instanceof Error
          ? (error.stack ?? error.message)
          : String(error);
  }
  const { digest, counts, lines } = simulation.world;
  return { seed, steps, broken, digest, counts, lines };
}

/** A policy as it is given, and what an outsider makes of it. */
interface Charter {
  readonly rules: readonly SimRule[];
  readonly policy: CompiledPolicy;
}

/** How a life ended. */
interface End {
  readonly life: Life;
  /** `crash` also where the power fails before somebody has come to run again. */
  how: Death | "close";
  /** When, by the time in which the machine was awake: timers do not fire in its sleep. */
  readonly at: number;
}

/** A life that another one has taken the place of, and what its gate said since. */
interface Ghost {
  readonly life: Life;
  readonly said: Set<string>;
}

const START = Date.UTC(2026, 0, 5, 12);
/** A power failure takes what was decided since then at most: a flush, a sync that runs, and the next one. */
const UNSYNCED_MS = 6_000;
const SEGMENT_BYTES = 2 ** 20;
const MAX_RECORDS_MB = 2;

class Simulation {
  readonly world: World;
  readonly #random: SeededRandom;
  readonly #dice: SeededRandom;
  readonly #time: SimTime;
  readonly #machine: SimMachine;
  readonly #operator: Operator;
  readonly #habits: Habits;
  readonly #mode: "enforce" | "shadow";
  /** Clocks that were set forward while nobody ran cannot be told from time that passed: then nothing else may confuse. */
  readonly #stepsForward: boolean;
  #charter: Charter;
  /** What may be in force after the next start where the program names nothing. */
  #possible: Charter[] = [];
  #life!: Life;
  readonly #ghosts: Ghost[] = [];

  constructor(seed: number) {
    const random = (this.#random = new SeededRandom(seed));
    this.#dice = new SeededRandom(seed ^ 0x5bd1e995);
    this.#time = new SimTime(START + random.below(86_400_000));
    this.world = new World(this.#time);
    this.#machine = new SimMachine(this.#time, random);
    this.#operator = new Operator(this.world, this.#machine, random);
    this.#stepsForward = random.chance(0.1);
    this.#mode = random.chance(0.93) ? "enforce" : "shadow";
    this.#habits = {
      durability: random.pick(["interval", "interval", "written", "durable"]),
      clock: this.#stepsForward || random.chance(0.6) ? "machine" : "own",
      config: {
        permitTtlSeconds: random.pick([900, 900, 20]),
        approvalTtlSeconds: random.pick([3600, 60]),
        haltDeadlineSeconds: random.pick([5, 0.2]),
        flushIntervalMs: random.pick([50, 50, 1, 400]),
        persistTickSeconds: random.pick([30, 5, 0.5]),
        segmentRecords: random.pick([65_536, 1024, 64, 16]),
        maxRecordsMb: MAX_RECORDS_MB,
        ...(random.chance(0.15) && { maxQueue: 1 }),
        ...(random.chance(0.15) && { maxHalts: 2, maxLanes: 3, maxKeysPerRule: 2, maxApprovals: 1 }),
      },
    };
    this.#charter = charterOf(randomRules(random));
  }

  run(steps: number): Promise<void> {
    const onUnhandled = (reason: unknown): void => {
      // Nobody looks after what a dead process leaves.
      if (!/DiskDied|process is dead|died in/.test(String(reason)) && this.#life?.isLive)
        this.world.fail(
          `a promise was rejected, and nobody looks: ${(reason as Error).stack ?? String(reason)}`,
        );
    };
    return onStage({ time: this.#time, dice: this.#dice, onUnhandled }, async () => {
      this.world.note(JSON.stringify([this.#habits, this.#charter.rules.map(({ input }) => input)]));
      await this.#begin(null);
      for (let i = 0; i < steps; i++) {
        await this.#step();
        await this.#breathe();
        this.world.check();
        if (!this.#life.isLive) await this.#begin(await this.#die());
      }
      await this.#finish();
      this.world.check();
    });
  }

  async #step(): Promise<void> {
    const random = this.#random;
    const life = this.#life;
    const { world } = this;
    world.note(`step, ${life.process.disk.operations}`);
    const kind = random.below(1000);
    if (kind < 560) void life.process.run(() => act(life, randomDeed(random)));
    else if (kind < 760) await this.#advance(1 + random.below(random.pick([20, 200, 2_000, 5_000])));
    else if (kind < 790)
      await this.#advance(random.pick([61_000, 600_000, 3_600_000, 86_400_000]) + random.below(60_000));
    else if (kind < 890) void life.process.run(() => this.#operator.command(life));
    else if (kind < 930) this.#operator.collect(life);
    else if (kind < 945) this.#breakOrHeal();
    else if (kind < 955) this.#changePolicy();
    else if (kind < 965) this.#setClock();
    else if (kind < 975) await this.#rival();
    else if (kind < 980) await this.#pushAside();
    else if (kind < 986) await this.#begin(await this.#close());
    else await this.#begin(await this.#die());
  }

  /** Lets whatever goes on go on: for a while, or until it waits for time. */
  async #breathe(): Promise<void> {
    if (this.#random.chance(0.5)) await nextTurn();
    else for (let hops = this.#random.below(12); hops > 0; hops--) await Promise.resolve();
  }

  async #advance(ms: number): Promise<void> {
    await this.#time.advance(
      ms,
      () => this.#breathe(),
      () => !this.#machine.disk.isDead,
    );
  }

  /** Lets time pass until a promise has settled; false: the process died meanwhile. */
  async #await(promise: Promise<unknown>): Promise<boolean> {
    let isSettled = false;
    const settled = (): void => {
      isSettled = true;
    };
    promise.then(settled, settled);
    const { disk } = this.#machine;
    for (let i = 0; i < 10_000; i++) {
      await nextTurn();
      if (isSettled) return true;
      if (disk.isDead) return false;
      await this.#advance(1 + (i >> 3) * 10);
    }
    throw new Broken("something goes on for ever");
  }

  #randomDeath(): Death {
    return this.#stepsForward ? "kill" : this.#random.pick(["crash", "kill"]);
  }

  /** Another death, before anybody has come to run. */
  #dieAgain(end: End | null): void {
    const how = this.#randomDeath();
    this.#machine.die(how);
    if (end !== null && how === "crash") end.how = "crash";
  }

  /** The process dies, or is dead already. */
  async #die(): Promise<End> {
    const life = this.#life;
    const how = this.#randomDeath();
    const at = this.#time.awake;
    this.world.note(`${how} after ${life.process.disk.operations} operations`);
    this.world.count(how);
    this.#machine.die(how);
    return { life, how, at };
  }

  async #close(): Promise<End> {
    const life = this.#life;
    life.isClosing = true;
    this.world.note("close");
    const closing = life.process.run(() => life.rein.close());
    const isDone = await this.#await(closing);
    if (!isDone || !life.isLive) return this.#die();
    try {
      await closing;
    } catch (error) {
      if (!life.hadFaults) throw error;
    }
    this.world.count("close");
    this.#machine.end(life.process);
    return { life, how: "close", at: this.#time.awake };
  }

  /** Somebody starts the program (again), until it runs. */
  async #begin(end: End | null, isHidden = false): Promise<void> {
    const random = this.#random;
    for (let attempt = 0; ; attempt++) {
      const isHurt = attempt < 4 && end !== null;
      if (end !== null && random.chance(0.1)) this.#operator.leave();
      if (random.chance(0.5)) await this.#advance(random.below(random.pick([2_000, 4_000, 900_000])));
      if (this.#machine.disk.isDead) this.#dieAgain(end);
      heal(this.#machine.disk);
      const life = await this.#open(end, isHurt, isHidden);
      if (life === null) continue;
      this.#life = life;
      break;
    }
    const { disk } = this.#machine;
    if (random.chance(0.7)) disk.dieAt(disk.operations + 1 + random.below(random.pick([30, 200, 1000])));
  }

  async #open(end: End | null, isHurt: boolean, isHidden: boolean): Promise<Life | null> {
    const random = this.#random;
    const { disk } = this.#machine;
    const life = new Life(this.#machine, this.#machine.start(isHidden), this.world, this.#habits, random);
    if (isHurt && random.chance(0.3)) disk.dieAt(disk.operations + 1 + random.below(90));
    if (isHurt && random.chance(0.1)) this.#break(life);
    const options = this.#optionsFor(end);
    const opening = life.open(options);
    await this.#await(opening);
    if (disk.isDead) {
      opening.catch(() => undefined);
      this.world.count("deaths while opening");
      this.#dieAgain(end);
      return null;
    }
    disk.dieAt(Infinity);
    heal(disk);
    try {
      await opening;
    } catch (error) {
      this.#machine.end(life.process);
      const code = ReinError.isInstance(error) ? error.code : "?";
      this.world.note(`not opened: ${code} ${(error as Error).message}`);
      if (!life.hadFaults || !["store_failed", "record_failed"].includes(code))
        throw new Broken(`the start failed: ${code} ${(error as Error).stack}`);
      return null;
    }
    this.world.count("lives");
    this.#checkStart(life, end, options);
    return life;
  }

  #optionsFor(end: End | null): Partial<ReinOptions> {
    const random = this.#random;
    const kind = end === null ? 99 : random.below(100);
    if (kind < 20) return {};
    if (kind < 30) this.#charter = charterOf(randomRules(random));
    else if (kind < 40) this.#charter = charterOf(withOtherLimits(this.#charter.rules, random));
    if (!this.#possible.includes(this.#charter)) this.#possible.push(this.#charter);
    this.world.ledger.tried(this.#charter.rules);
    return { policy: this.#charter.policy, mode: this.#mode };
  }

  /** What a start must have found. */
  #checkStart({ rein, process }: Life, end: End | null, options: Partial<ReinOptions>): void {
    const { world } = this;
    const { digest } = rein.policy;
    const found =
      options.policy === undefined
        ? this.#possible.find(({ policy }) => policy.digest === digest)
        : this.#charter;
    if (found === undefined || found.policy.digest !== digest)
      throw new Broken("the policy in force is another one");
    if (rein.mode !== this.#mode) throw new Broken(`the mode is ${rein.mode}`);
    this.#charter = found;
    this.#possible = [found];
    world.setRules(found.rules, this.#mode === "enforce");

    const snapshot = process.run(() => rein.snapshot());
    const isCapped = this.#habits.config.maxHalts !== undefined;
    const wrong = world.halts.reopened(snapshot.halts, this.#time.mono, isCapped);
    if (wrong !== null) throw new Broken(`promise 1: ${wrong}`);
    this.#operator.reopened(snapshot.halts, isCapped);
    for (const [lane, state] of world.kills) {
      const isKilled = snapshot.lanes.some(
        (one) => `${one.source} ${one.series}` === lane && one.status === "black",
      );
      if (state === "killed" && !isKilled) throw new Broken(`${lane} was killed, and lives`);
      if (state === "free" && isKilled) throw new Broken(`${lane} was revived, and is dead`);
      world.kills.set(lane, isKilled ? "killed" : "free");
    }
    if (end !== null) this.#checkRecords(end);
    const excess = tooMuch(this.#machine, MAX_RECORDS_MB * 2 ** 20 + 2 * SEGMENT_BYTES);
    if (excess !== null) throw new Broken(excess);
  }

  /** Promises 4 and 5: what is on the record of the life before. */
  #checkRecords({ life, how, at }: End): void {
    const past = readPast(this.#machine);
    this.world.count("decisions replayed", past.replayed);
    for (const { said } of this.#ghosts) {
      const there = [...said].find((id) => past.decisions.has(runAndNumber(id)));
      if (there !== undefined)
        throw new Broken(`decision ${there} is on the record, by an owner that was pushed aside before`);
    }
    const { flushIntervalMs } = life.habits.config;
    const since = how === "close" ? 0 : how === "kill" ? flushIntervalMs : flushIntervalMs + UNSYNCED_MS;
    for (const decided of life.decided) {
      const isDue = !life.hadFaults && (how === "close" || decided.at + since < at);
      if (!decided.isDurable && !isDue) continue;
      if (past.decisions.has(runAndNumber(decided.id))) continue;
      const why = decided.isDurable ? "was said to be durable" : `is ${at - decided.at} ms old`;
      throw new Broken(`promise 5: decision ${decided.id} ${why}, and is not on the record after ${how}`);
    }
  }

  /** The process sleeps, another one takes its directory over, and then it wakes up and knows nothing of it. */
  async #pushAside(): Promise<void> {
    const life = this.#life;
    const { process } = life;
    this.world.note("pushed aside");
    this.world.count("owners pushed aside");
    process.isHeldUp = process.isGhost = true;
    const ghost: Ghost = { life, said: new Set() };
    this.#ghosts.push(ghost);
    await this.#begin({ life, how: "kill", at: this.#time.awake }, true);
    process.isHeldUp = false;
    for (let i = this.#random.below(4); i > 0 && process.canRun; i--) {
      void process.run(() => this.#haunt(ghost));
      await this.#breathe();
    }
  }

  /** What somebody does who does not know that others do it now. */
  async #haunt({ life, said }: Ghost): Promise<void> {
    const { durability } = this.#habits;
    try {
      const decision = life.bareGate({ source: FREE, series: "free", args: {} });
      said.add(decision.id);
      if (decision.allowed) this.world.count("decisions of ghosts");
      await life.rein.flush();
      if (decision.allowed && durability !== "interval" && life.process.canRun)
        this.world.fail(`an owner that was pushed aside was told that its record counts`);
    } catch (error) {
      if (
        life.process.canRun &&
        !/store_in_use|store_failed|record_failed/.test(String((error as { code?: unknown }).code))
      )
        this.world.fail(`an owner that was pushed aside was told ${String(error)}`);
    }
  }

  #breakOrHeal(): void {
    if (this.#random.chance(0.5)) this.#break(this.#life);
    else {
      this.world.note("heal");
      heal(this.#machine.disk);
    }
  }

  #break(life: Life): void {
    life.hadFaults = true;
    this.world.hadFaults = true;
    const what = breakDisk(this.#machine.disk, this.#random);
    this.world.note(`disk: ${what}`);
    this.world.count("disk faults");
  }

  #changePolicy(): void {
    const random = this.#random;
    const life = this.#life;
    const rules = random.chance(0.5) ? randomRules(random) : withOtherLimits(this.#charter.rules, random);
    const next = charterOf(rules);
    const { errors } = life.logger;
    this.world.note(`policy ${JSON.stringify(rules.map(({ input }) => input))}`);
    this.#possible.push(next);
    this.#charter = next;
    life.process.run(() => life.rein.setPolicy(next.policy));
    if (!life.isLive) return;
    if (life.logger.errors === errors) this.#possible = [next];
    this.world.setRules(rules, this.#mode === "enforce");
    this.world.count("policies");
  }

  #setClock(): void {
    const random = this.#random;
    const ms = random.pick([1_000, 600_000, 3_600_000, 86_400_000]) * (1 + random.below(3));
    if (!this.#stepsForward && this.#random.chance(0.7)) return;
    this.#time.step(this.#stepsForward && random.chance(0.6) ? ms : -ms);
    this.world.note(`the clock is set`);
    this.world.count("clock steps");
  }

  /** A second process tries to take what is in use. */
  async #rival(): Promise<void> {
    const { disk } = this.#machine;
    const rival = new Life(this.#machine, this.#machine.start(), this.world, this.#habits, this.#random);
    const opening = rival.open({ policy: this.#charter.policy, mode: this.#mode });
    opening.catch(() => undefined);
    const isDone = await this.#await(opening);
    if (!isDone || disk.isDead) return;
    this.#machine.end(rival.process);
    this.world.count("rivals");
    const code = await opening.then(
      () => "nothing",
      (error: unknown) => (ReinError.isInstance(error) ? error.code : String(error)),
    );
    if (
      code !== "store_in_use" &&
      !(this.#life.hadFaults && ["store_failed", "record_failed"].includes(code))
    )
      throw new Broken(`a second process was told ${code}`);
  }

  /** All is well again: then the governor works again, and everything is on the record. */
  async #finish(): Promise<void> {
    this.#machine.disk.dieAt(Infinity);
    heal(this.#machine.disk);
    const { rein, process } = this.#life;
    const isSettled = await this.#await(
      process.run(async () => {
        await this.#life.sleep(8_000);
        for (const { id } of rein.snapshot().halts) {
          while (rein.snapshot().halts.some((halt) => halt.id === id))
            await rein.resume({ halt: id, by: "operator" });
        }
        for (const halt of this.world.halts.all) Object.assign(halt, { isForced: false, end: "asked" });
        const deed = { source: FREE, series: "free", cents: 1, tokens: 1, recipient: undefined, order: 0 };
        const args = this.#life.argsOf(deed);
        const decision = await rein.admit({ source: FREE, series: "free", args });
        if (!decision.allowed && this.#mode === "enforce")
          throw new Broken(`all is well, and ${decision.refusal.code}: ${decision.refusal.message}`);
      }),
    );
    if (!isSettled) throw new Broken("it died of nothing");
    this.world.check();
    for (const { life } of this.#ghosts) {
      if (!life.process.canRun) continue;
      const { refusal } = life.process.run(() => life.bareGate({ source: FREE, series: "free", args: {} }));
      if (refusal?.code !== "closed") throw new Broken("an owner that was pushed aside goes on");
    }
    this.#life.hadFaults = this.#life.hadFaults || this.world.hadFaults;
    const end = await this.#close();
    if (end.how !== "close") throw new Broken("it died while it was closed");
    this.#checkRecords(end);
  }
}

function charterOf(rules: readonly SimRule[]): Charter {
  return { rules, policy: compilePolicy(rules.map(({ input }) => input)) };
}
