import { newMessage, post } from "../../src/control/index.js";
import type { ControlCommand, Posted } from "../../src/control/index.js";
import { readAnswer } from "../../src/control/answer.js";
import { answerName, controlPlaces } from "../../src/control/layout.js";
import { ReinError } from "../../src/index.js";
import type { HaltReceipt, Scope } from "../../src/index.js";
import type { SeenHalt } from "./halts.js";
import type { Life } from "./life.js";
import { RECIPIENTS, SERIES, SOURCES } from "./rules.js";
import type { SimMachine } from "./machine.js";
import type { World } from "./world.js";
import { laneOf } from "./world.js";
import type { SeededRandom } from "../../src/testing/seeded-random.js";

/** A command that was left in the inbox, and that nobody has answered yet. */
interface Letter {
  readonly posted: Posted;
  readonly command: ControlCommand;
  /** Of a halt or a resume. */
  readonly halt: SeenHalt | null;
  /** A process has started since, and found it. */
  wasTaken: boolean;
}

/** People who stop things, and let them go on. */
export class Operator {
  readonly #world: World;
  readonly #machine: SimMachine;
  readonly #random: SeededRandom;
  readonly #letters = new Set<Letter>();
  #tokens = 0;

  constructor(world: World, machine: SimMachine, random: SeededRandom) {
    this.#world = world;
    this.#machine = machine;
    this.#random = random;
  }

  /** Does one thing. */
  async command(life: Life): Promise<void> {
    const kind = this.#random.below(100);
    try {
      if (kind < 22) await this.#halt(life);
      else if (kind < 40) await this.#resume(life);
      else if (kind < 55) this.#answer(life);
      else if (kind < 65) this.#override(life);
      else if (kind < 72) this.#report(life);
      else this.#write(life);
    } catch (error) {
      if (!life.isLive || life.isClosing) return;
      this.#world.fail(`an operator was thrown ${error instanceof Error ? error.stack : String(error)}`);
    }
  }

  /** Leaves a command in the inbox, whether or not anybody reads it. */
  #write(life: Life | null): void {
    const random = this.#random;
    const kind = random.below(10);
    const { resumable } = this.#world.halts;
    const waiting = this.#world.questions.filter(({ isAnswered }) => !isAnswered);
    if (kind < 4) {
      const token = this.#token();
      const scope = this.#scope();
      const halt = this.#world.halts.asked(token, scope, false);
      this.#send(life, { command: "halt", scope, deadlineMs: this.#deadline() }, token, halt);
    } else if (kind < 7 && resumable.length > 0) {
      const halt = random.pick(resumable);
      this.#mayEnd(halt);
      this.#send(life, { command: "resume", halt: halt.id! }, "", halt);
    } else if (waiting.length > 0) {
      // Perhaps one of an earlier life, which nobody waits for any more.
      const question = random.pick(waiting);
      const yes = random.chance(0.7);
      if (yes) this.#world.approved(question);
      this.#send(life, { command: yes ? "approve" : "reject", approval: question.id }, "", null);
    }
  }

  /** The same for when nobody is there. */
  leave(): void {
    this.#write(null);
  }

  /** Looks which commands were answered. */
  collect(life: Life): void {
    const { disk, dir } = this.#machine;
    for (const letter of this.#letters) {
      const { posted, command, halt } = letter;
      const path = `${controlPlaces(dir).outbox}/${answerName(posted.name)}`;
      let answer;
      try {
        if (disk.look(path) === undefined) continue;
        answer = readAnswer(disk.read(path), posted.id);
      } catch {
        return;
      }
      if (answer === null) continue;
      this.#letters.delete(letter);
      this.#world.count(`answers to ${command.command}`);
      if (command.command !== "halt" || halt === null || !answer.ok) continue;
      // An earlier process has carried it out, and this one knows no more of it.
      if (answer.receipt === undefined) continue;
      if (halt.isMissing && !this.#world.hadFaults)
        this.#world.fail(`halt ${halt.token} was answered, and did not hold after a restart`);
      this.#told(halt, answer.receipt as HaltReceipt, !life.hadFaults);
    }
  }

  /** Another process goes on: what lay in the inbox for certain must have been taken by now. */
  reopened(found: readonly { readonly reason: string }[], capped: boolean): void {
    const { disk, dir } = this.#machine;
    for (const letter of this.#letters) {
      const { halt, command, posted } = letter;
      const isWaiting = disk.look(`${controlPlaces(dir).inbox}/${posted.name}`) !== undefined;
      if (halt !== null && command.command === "resume") {
        // It may be carried out at any time, or never.
        if (isWaiting) this.#mayEnd(halt);
        else this.#letters.delete(letter);
      }
      if (command.command !== "halt" || letter.wasTaken) continue;
      letter.wasTaken = !isWaiting;
      if (posted.durable && !posted.bare && !capped && !found.some(({ reason }) => reason === halt!.token))
        this.#world.fail(`halt ${halt!.token} lay in the inbox for certain, and does not hold`);
    }
  }

  async #halt(life: Life): Promise<void> {
    const token = this.#token();
    const scope = this.#scope();
    const deadlineMs = this.#deadline();
    const { errors } = life.logger;
    if (life.isClosing) return;
    const asking = life.rein.halt({ scope, reason: token, by: "operator", deadlineMs });
    if (!life.isLive) {
      this.#world.halts.asked(token, scope, false);
      return;
    }
    this.#world.note(`halt ${token} ${JSON.stringify(scope)}`);
    this.#world.count("halts");
    const halt = this.#world.halts.asked(token, scope, true);
    // From here on it holds in this process; that it lasts is said by the absence of a complaint.
    const isSure = life.logger.errors === errors;
    const receipt = await asking;
    if (life.isLive) this.#told(halt, receipt, isSure);
  }

  #told(halt: SeenHalt, receipt: HaltReceipt, isSure: boolean): void {
    this.#world.note(`receipt ${receipt.id} ${halt.token} ${receipt.complete ? "complete" : "not complete"}`);
    this.#world.count(receipt.complete ? "complete receipts" : "incomplete receipts");
    halt.id = receipt.id;
    if (halt.end !== "none") return;
    halt.receipt = receipt;
    halt.isSure ||= isSure;
    halt.isForced = true;
  }

  async #resume(life: Life): Promise<void> {
    const { resumable } = this.#world.halts;
    if (resumable.length === 0) return;
    const halt = this.#random.pick(resumable);
    await this.resume(life, halt);
  }

  /** Ends one halt. */
  async resume(life: Life, halt: SeenHalt): Promise<void> {
    const { errors } = life.logger;
    Object.assign(halt, { end: "asked", isForced: false });
    this.#world.note(`resume ${halt.id}`);
    try {
      await life.rein.resume({ halt: halt.id!, by: "operator" });
    } catch (error) {
      if (ReinError.isInstance(error) && error.code === "unknown_halt") {
        if (halt.by === "operator")
          this.#world.fail(`halt ${halt.id} (${halt.token}) does not hold any more`);
        this.#world.halts.all.splice(this.#world.halts.all.indexOf(halt), 1);
        return;
      }
      throw error;
    }
    if (life.isLive && life.logger.errors === errors) halt.end = "told";
    this.#world.count("resumes");
  }

  #answer(life: Life): void {
    const open = life.rein.snapshot().approvals.filter(({ state }) => state === "pending");
    if (open.length === 0) return;
    const { id } = this.#random.pick(open);
    const question = this.#world.questionOf(id);
    // Asked by a process that died before it had said so.
    if (question === undefined) return;
    const yes = this.#random.chance(0.8);
    if (yes) this.#world.approved(question);
    this.#world.note(`${yes ? "approve" : "reject"} ${id}`);
    if (yes) life.rein.approve(id, { by: "operator" });
    else life.rein.reject(id, { by: "operator" });
    this.#world.count(yes ? "approvals" : "rejections");
  }

  #override(life: Life): void {
    const random = this.#random;
    const lane = { source: random.pick(SOURCES), series: random.pick(SERIES) };
    const { errors } = life.logger;
    const kills = random.chance(0.4);
    const name = laneOf(lane);
    // What was commanded holds from the call on; before, either may be the case.
    this.#world.kills.set(name, "maybe");
    this.#world.note(`${kills ? "kill" : "revive"} ${name}`);
    if (kills) life.rein.override(lane, { status: "black", by: "operator" });
    else life.rein.revive(lane, { by: "operator" });
    if (!life.isLive) return;
    const isSure = life.logger.errors === errors;
    this.#world.kills.set(name, isSure ? (kills ? "killed" : "free") : "maybe");
    this.#world.count(kills ? "kills" : "revivals");
  }

  #report(life: Life): void {
    const current = 80 + this.#random.below(40);
    if (this.#random.chance(0.5)) life.rein.balance({ start: 100, current });
    else life.rein.signal("feed", this.#random.below(100));
  }

  #send(life: Life | null, command: ControlCommand, reason: string, halt: SeenHalt | null): void {
    const { disk, dir, time } = this.#machine;
    const sender = { by: "operator", reason, at: time.wall, uid: 1000, host: "simulated" };
    try {
      const posted = post(disk, dir, newMessage(command, sender));
      this.#world.note(`post ${command.command} ${reason}${posted.durable ? "" : ", not durable"}`);
      this.#letters.add({ posted, command, halt, wasTaken: false });
    } catch (error) {
      if (!disk.isDead && !ReinError.isInstance(error)) throw error;
      return;
    }
    if (life === null) return;
    // The watcher looks every 20 ms; an action or a fence may be earlier.
    if (this.#random.chance(0.5)) life.machine.ring();
    else time.after(this.#random.below(20), () => life.machine.ring(), life.process);
  }

  /** Somebody may let things go on at any time from here on; at the cap halts share an id. */
  #mayEnd({ id }: SeenHalt): void {
    for (const halt of this.#world.halts.all)
      if (halt.id === id && halt.end !== "told") Object.assign(halt, { end: "asked", isForced: false });
  }

  #token(): string {
    return `because ${++this.#tokens}`;
  }

  #deadline(): number | undefined {
    return [undefined, 0, 50, 1_000][this.#random.below(4)];
  }

  #scope(): Scope {
    const random = this.#random;
    const kind = random.below(10);
    if (kind < 3) return "all";
    if (kind < 5) return { source: random.pick([...SOURCES, "p*", "planner/**"]) };
    if (kind < 7) return { series: random.pick([...SERIES, "*_*"]) };
    if (kind < 8) return { tags: { recipient: random.pick([...RECIPIENTS, "*@x.org"]) } };
    return { source: random.pick(SOURCES), series: random.pick(SERIES) };
  }
}
