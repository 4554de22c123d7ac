import { Rein } from "../../src/index.js";
import type { Action, Decision, ReinConfigInput, ReinOptions } from "../../src/index.js";
import type { SeededRandom } from "../../src/testing/seeded-random.js";
import type { Grant } from "./ledger.js";
import type { SimMachine, SimProcess } from "./machine.js";
import type { Deed } from "./rules.js";
import type { World } from "./world.js";

/** Says what went wrong, and how often. */
export class SimLogger {
  errors = 0;
  readonly #tell: (line: string) => void;

  constructor(tell: (line: string) => void) {
    this.#tell = tell;
  }

  info(): void {}

  warn(message: string): void {
    this.#tell(`warn: ${message.slice(0, 140)}`);
  }

  error(message: string): void {
    this.errors += 1;
    this.#tell(`error: ${message.slice(0, 600)}`);
  }
}

/** What a run's governors have in common. */
export interface Habits {
  readonly config: ReinConfigInput & { readonly permitTtlSeconds: number; readonly flushIntervalMs: number };
  readonly durability: "interval" | "written" | "durable";
  /** `machine`: the machine's clocks; `own`: the program hands one over. */
  readonly clock: "machine" | "own";
}

/** A decision, for comparing with the records. */
export interface Decided {
  readonly id: string;
  /** By the time in which the machine was awake. */
  readonly at: number;
  /** Somebody was told that its record is on the disk. */
  isDurable: boolean;
}

/** One process with a governor in it, from its opening to its end. */
export class Life {
  readonly world: World;
  readonly process: SimProcess;
  readonly machine: SimMachine;
  readonly habits: Habits;
  readonly logger: SimLogger;
  readonly random: SeededRandom;
  readonly decided: Decided[] = [];
  /** The disk has failed at something while it lived. */
  hadFaults = false;
  isClosing = false;
  rein!: Rein;
  /** The gate itself, without anybody who judges. */
  bareGate!: (action: Action) => Decision;
  /** By the arguments that the agent has handed over: they are the same object. */
  readonly #deeds = new WeakMap<
    object,
    { readonly deed: Deed; grant: Grant | null; decided: Decided | null }
  >();

  constructor(machine: SimMachine, process: SimProcess, world: World, habits: Habits, random: SeededRandom) {
    this.machine = machine;
    this.process = process;
    this.world = world;
    this.habits = habits;
    this.random = random;
    this.logger = new SimLogger((line) => {
      world.note(`[${process.pid}${process.isAlive ? "" : ", dead"}] ${line}`);
    });
  }

  get ttlMs(): number {
    return this.habits.config.permitTtlSeconds * 1000;
  }

  /** What it does still reaches the world. */
  get isLive(): boolean {
    return this.process.isAlive;
  }

  async open(options: Partial<ReinOptions>): Promise<void> {
    const { machine, process, habits, logger } = this;
    const { time } = machine;
    const clock = {
      now: () => time.wall,
      mono: () => time.mono - process.startedAt,
      schedule: (callback: () => void, ms: number) => time.after(ms, callback, process),
    };
    const rein = await process.run(() =>
      Rein.openOn(machine.system(process), {
        dir: machine.dir,
        config: habits.config,
        audit: { durability: habits.durability },
        ...(habits.clock === "own" && { clock }),
        logger,
        ...options,
      }),
    );
    this.rein = rein;
    const gate = (this.bareGate = rein.gate.bind(rein));
    // Every way to an action leads through the gate.
    rein.gate = (action) => this.#gate(gate, action);
    rein.on("halt", (info) => {
      if (!this.isLive || info.by.startsWith("operator")) return;
      const { halts } = this.world;
      const known = halts.all.find(({ id, by }) => by === "rule" && id === info.id);
      if (info.resumed !== undefined) {
        if (info.resumed.by === "rein" && known !== undefined) halts.all.splice(halts.all.indexOf(known), 1);
      } else if (known === undefined) halts.heard(info, this.logger.errors === 0, this.#endOf(info.rule));
    });
  }

  /** The arguments of a deed, by which it is known again. */
  argsOf(deed: Deed): { readonly order: number } {
    const args = { order: deed.order };
    this.#deeds.set(args, { deed, grant: null, decided: null });
    return args;
  }

  grantOf(args: object): Grant | null {
    return this.#deeds.get(args)?.grant ?? null;
  }

  /** Somebody was told that the record of the action is on the disk. */
  confirmed(args: object): void {
    const { decided } = this.#deeds.get(args)!;
    if (decided !== null && this.isLive) decided.isDurable = true;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.machine.time.after(ms, resolve, this.process);
    });
  }

  #gate(gate: (action: Action) => Decision, action: Action): Decision {
    const known = this.#deeds.get(action.args as object)!;
    const before = this.random.chance(0.15) ? this.#used() : null;
    let decision: Decision;
    try {
      decision = gate(action);
    } catch (error) {
      if (this.isLive) this.world.fail(`the gate threw ${String(error)}`);
      throw error;
    }
    if (before !== null && !decision.allowed) this.#mustBeAsBefore(before, decision.refusal.code);
    // What reaches no rule has an id of its own kind, and a record of another.
    if (this.isLive && !/\.[0x]/.test(decision.id)) {
      known.decided = { id: decision.id, at: this.machine.time.awake, isDurable: false };
      this.decided.push(known.decided);
    }
    known.grant = this.world.decided(this.process, known.deed, decision, this.ttlMs);
    return decision;
  }

  /** A denial takes nothing. Counters that nobody has seen before may come back used up from a restart. */
  #mustBeAsBefore(before: ReadonlyMap<string, number>, code: string): void {
    const after = this.#used();
    for (const [counter, used] of before) {
      // What holds nothing may be forgotten.
      if (this.isLive && (after.get(counter) ?? 0) !== used)
        this.world.fail(`promise 3: a denial (${code}) took ${after.get(counter)} - ${used} of ${counter}`);
    }
  }

  #used(): Map<string, number> {
    const used = new Map<string, number>();
    for (const { rule, key, limit, spent, reserved } of this.rein.budgets()) {
      used.set(JSON.stringify([rule, key]), spent + reserved);
      if (!this.isLive || !this.world.isEnforcing || spent + reserved <= limit + 1e-9) continue;
      if (this.world.ledger.hasHighestLimit(rule))
        this.world.fail(`promise 2: ${rule} has ${spent} spent and ${reserved} reserved of ${limit}`);
    }
    return used;
  }

  #endOf(rule: string | undefined): number {
    const found = this.world.rules.find(({ input }) => input.id === rule);
    const length = found?.input.for;
    if (length === undefined) return Infinity;
    return this.machine.time.mono + (length === "5s" ? 5_000 : 120_000);
  }
}
