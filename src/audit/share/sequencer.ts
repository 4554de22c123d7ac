import type { Server, Socket } from "node:net";
import type { Disk } from "../../core/disk.js";
import { messageOf, ReinError } from "../../core/errors.js";
import type { LogWriter } from "../log/writer.js";
import type { Ack, Standing } from "./ack.js";
import { Intake } from "./intake.js";
import { lastNumbers } from "./last-numbers.js";
import { Guest } from "./guest.js";
import type { Outbox } from "./outbox.js";

/** Processes that may share a log. */
const MAX_GUESTS = 256;
/** Runs whose last numbers are remembered; of others they are looked up in the log. */
const MAX_RUNS = 4096;
/** How often time passes for the log; also how soon a write that failed is tried again. */
const TICK_MS = 50;
const CHECKPOINT_MS = 1_000;
/** Nothing is read from others while so many bytes wait for the disk. */
const MAX_BACKLOG = 1 << 23;

/** One run whose records go into the log. */
export interface Seat {
  readonly boot: string;
  readonly intake: Intake;
  /** Numbers up to which it waits for records to be durable, or signed. */
  wantsDurable: number;
  wantsSigned: number;
  ack: Ack;
  tell(ack: Ack): void;
  /** Null: what failed works again. */
  fail(problem: string | null): void;
}

export interface SequencerOptions {
  readonly disk: Disk;
  readonly dir: string;
  readonly log: LogWriter;
  readonly server: Server;
  readonly token: string;
  readonly now: () => number;
  /** The log is another's by now, or what failed is not to be tried again. */
  readonly onLost: (error: Error) => void;
}

/** The one who writes a shared log: takes everybody's records, commits those that came together at once, and signs. */
export class Sequencer {
  readonly options: SequencerOptions;
  readonly #seats = new Map<string, Seat>();
  readonly #guests = new Set<Guest>();
  readonly #last = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  #isCommitDue = false;
  #isPaused = false;
  #isOver = false;
  #signedAt: number;
  #signedSize: number;
  #problem: string | null = null;

  constructor(options: SequencerOptions) {
    this.options = options;
    this.#signedAt = options.now();
    this.#signedSize = options.log.size;
    options.server.on("connection", (socket) => {
      this.#receive(socket);
    });
    this.#timer = setInterval(() => {
      this.commit(true);
    }, TICK_MS);
  }

  get log(): LogWriter {
    return this.options.log;
  }

  get guests(): number {
    return this.#guests.size;
  }

  /** What of a run is in the log by now. @throws errors of the system: then nobody knows */
  intakeOf({ boot, since, signed }: Standing): Intake {
    let last = since === null ? -1 : this.#last.get(boot);
    if (last === undefined) {
      const { disk, dir, log } = this.options;
      log.write();
      const found = lastNumbers(disk, dir, since!, log.size);
      for (const [other, number] of found) if (!this.#last.has(other)) this.#remember(other, number);
      last = found.get(boot) ?? signed;
    }
    return new Intake(this.log, boot, last);
  }

  /** Gives a run its place; whoever had it before is sent away. */
  seat(seat: Seat): void {
    const before = this.#seats.get(seat.boot);
    this.#seats.set(seat.boot, seat);
    if (before instanceof Guest) before.end("replaced", "the run has another connection by now");
    if (this.#problem !== null) seat.fail(this.#problem);
    this.soon();
  }

  /** Whether a run is here itself. */
  has(boot: string): boolean {
    return this.#seats.has(boot);
  }

  /** Takes in what a run has left behind, and signs it. @throws ProtocolError, the system's errors */
  adopt(standing: Standing, outbox: Outbox): void {
    const intake = this.intakeOf(standing);
    outbox.rewind(intake.last);
    try {
      for (let parcel = outbox.take(); parcel !== undefined; parcel = outbox.take()) {
        for (const blob of parcel.blobs) intake.blob(blob.subarray(5));
        intake.records(parcel.frame.subarray(5));
      }
    } finally {
      this.#remember(standing.boot, intake.last);
    }
    this.#sign();
  }

  leave(seat: Seat): void {
    if (this.#seats.get(seat.boot) !== seat) return;
    this.#seats.delete(seat.boot);
    this.#remember(seat.boot, seat.intake.last);
  }

  forget(guest: Guest): void {
    this.#guests.delete(guest);
    this.leave(guest);
  }

  /** Somebody has sent something: all that comes in this turn is committed together. */
  soon(): void {
    if (this.#isCommitDue || this.#isOver) return;
    this.#isCommitDue = true;
    setImmediate(() => {
      this.#isCommitDue = false;
      this.commit(false);
    });
    if (this.log.backlog > MAX_BACKLOG) this.#pause(true);
  }

  /** @param isTick time passes as well */
  commit(isTick: boolean): void {
    if (this.#isOver) return;
    try {
      this.#commit(isTick);
      this.#works();
    } catch (error) {
      if (ReinError.isInstance(error) && error.code === "log_lost") this.options.onLost(error);
      else this.#fails(messageOf(error));
    }
  }

  #commit(isTick: boolean): void {
    const { log } = this;
    const { now } = this.options;
    const seats = [...this.#seats.values()];
    log.write();
    const isSyncWanted = seats.some(({ wantsDurable, ack }) => wantsDurable > ack.durable);
    const isSignWanted = seats.some(({ wantsSigned, ack }) => wantsSigned > ack.signed);
    const isSignDue = log.size > this.#signedSize && Math.abs(now() - this.#signedAt) >= CHECKPOINT_MS;
    const mustSign = isSignWanted || isSignDue;
    if (mustSign) this.#sign();
    else if (isSyncWanted) log.sync();
    if (isTick) this.#tick();
    const isAllSigned = log.size === this.#signedSize;
    for (const seat of seats) {
      const { last } = seat.intake;
      const { ack } = seat;
      const next: Ack = {
        written: last,
        durable: isAllSigned || isSyncWanted ? last : ack.durable,
        signed: isAllSigned ? last : ack.signed,
        size: log.size,
        segments: log.segments,
      };
      if (next.written === ack.written && next.durable === ack.durable && next.signed === ack.signed)
        continue;
      seat.ack = next;
      seat.tell(next);
    }
    if (this.#isPaused && log.backlog === 0) this.#pause(false);
  }

  #tick(): void {
    const { log } = this;
    const before = log.size;
    log.tick();
    // What it appends by itself, it signs.
    if (log.size !== before) this.#signedSize = log.size;
  }

  #sign(): void {
    const { log } = this;
    log.checkpoint();
    this.#signedSize = log.size;
    this.#signedAt = this.options.now();
  }

  /** Ends the log for now, so that another can go on with it. @throws the system's error */
  close(): void {
    this.commit(false);
    try {
      if (!this.#isOver) {
        this.log.close();
        // Whoever waits for a signature has it now.
        for (const seat of this.#seats.values()) seat.wantsSigned = seat.intake.last;
        this.#acknowledgeAll();
      }
    } finally {
      this.end("handover", "the process that wrote the log has ended");
    }
  }

  /** Stops at once, and says why. */
  end(code: string, message: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#timer);
    this.log.release();
    // The next one may begin as soon as others hear of it.
    this.options.server.close();
    for (const guest of [...this.#guests]) guest.end(code, message);
    this.#guests.clear();
    this.#seats.clear();
  }

  #acknowledgeAll(): void {
    const { size, segments } = this.log;
    for (const seat of this.#seats.values()) {
      const { last } = seat.intake;
      seat.ack = { written: last, durable: last, signed: last, size, segments };
      seat.tell(seat.ack);
    }
  }

  #receive(socket: Socket): void {
    const guest = new Guest(this, socket);
    if (this.#isOver || this.#guests.size >= MAX_GUESTS) {
      guest.end("full", `no more than ${MAX_GUESTS} processes can share a log`);
      return;
    }
    this.#guests.add(guest);
    guest.greet();
    if (this.#isPaused) guest.pause(true);
  }

  #pause(isPaused: boolean): void {
    if (this.#isPaused === isPaused) return;
    this.#isPaused = isPaused;
    for (const guest of this.#guests) guest.pause(isPaused);
  }

  #fails(problem: string): void {
    if (this.#problem === problem) return;
    this.#problem = problem;
    for (const seat of this.#seats.values()) seat.fail(problem);
  }

  #works(): void {
    if (this.#problem === null) return;
    this.#problem = null;
    for (const seat of this.#seats.values()) seat.fail(null);
  }

  #remember(boot: string, last: number): void {
    this.#last.delete(boot);
    this.#last.set(boot, last);
    for (const oldest of this.#last.keys()) {
      if (this.#last.size <= MAX_RUNS) break;
      this.#last.delete(oldest);
    }
  }
}
