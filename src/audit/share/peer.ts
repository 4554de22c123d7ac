import type { Server } from "node:net";
import type { Disk } from "../../core/disk.js";
import { messageOf, ReinError } from "../../core/errors.js";
import { makeDirDurably } from "../log/layout.js";
import type { LeafSink } from "../log/leaf-sink.js";
import type { LogWriter } from "../log/writer.js";
import type { Ack } from "./ack.js";
import { clearDeadSocket, listenAt, shareAddress } from "./address.js";
import type { AddressKind, ShareAddress } from "./address.js";
import { adoptSpools } from "./adopt.js";
import { Follower } from "./follower.js";
import { Outbox } from "./outbox.js";
import { logAway } from "./reasons.js";
import { Rival } from "./rival.js";
import { Sequencer } from "./sequencer.js";
import type { Seat } from "./sequencer.js";
import { Spool, spoolAddress } from "./spool.js";
import { takeLogOver } from "./take-over.js";
import { shareToken } from "./token.js";

/** The first tries to find somebody, or to be the one oneself, follow quickly; others are told to wait. */
const SOON_MS = 4;
const LATER_MS = 500;
/** Changes of the one who writes take less; after that it is told that the log is away. */
const AWAY_MS = 1_500;
/** Who begins waits longer. */
const START_MS = 5_000;
/** How often the one who writes looks for what others have left behind. */
const ADOPT_MS = 5_000;
/** How often somebody looks whether he who writes the log still answers. */
const WATCH_MS = 250;
/** Records that are not signed are kept up to so many bytes; from half of that on a signature is asked for. */
export const OUTBOX_BYTES = 1 << 25;

export interface PeerOptions {
  readonly disk: Disk;
  readonly dir: string;
  /** Directories of heads; the first is in the log itself. */
  readonly headDirs: readonly string[];
  readonly origin?: string | undefined;
  /** Names this run in the log. */
  readonly boot: string;
  readonly software: string;
  readonly now: () => number;
  readonly mono: () => number;
  readonly segmentLeaves?: number | undefined;
  /** How processes find each other, when it is not the system's usual way. */
  readonly kind?: AddressKind | undefined;
  /** Records go into a file of their own while the log is away. */
  readonly spool?: boolean | undefined;
  readonly onAck: (ack: Ack) => void;
  /** The log cannot be written at present, or null: it can. */
  readonly onTrouble: (problem: string | null) => void;
  readonly warn: (problem: string) => void;
}

const NOTHING: Ack = { written: -1, durable: -1, signed: -1, size: 0, segments: 0 };

/**
 * A process among those that share a log: it writes the log itself when nobody does, and else sends its records to the
 * one that does. Records are numbered and kept until they are signed, so that whoever writes next gets what is missing.
 */
export class SharePeer implements LeafSink {
  readonly outbox = new Outbox();
  readonly #options: PeerOptions;
  #ack: Ack = NOTHING;
  /** See Standing. */
  #since: number | null = null;
  #signed = -1;
  #segments = 0;
  #segmentsSaid = 0;
  #token = "";
  #address: ShareAddress | undefined;
  #sequencer: Sequencer | undefined;
  #seat: Seat | undefined;
  #follower: Follower | undefined;
  #blobs: (readonly [field: string, text: string])[] = [];
  #wanted: [durable: number, signed: number] = [-1, -1];
  #retry: NodeJS.Timeout | undefined;
  #awayTimer: NodeJS.Timeout | undefined;
  #startTimer: NodeJS.Timeout | undefined;
  #awayReason = "nobody writes it";
  #problem: string | null = null;
  /** Looks whether the one who writes answers, and when he last did. */
  #watch: NodeJS.Timeout | undefined;
  #heardAt = 0;
  #isSilent = false;
  #isOver = false;
  #tries = 0;
  readonly #rival: Rival;
  #spool: Spool | undefined;
  #isSpoolDue = false;
  /** Whether records go to the spool and not to the log at present. */
  #isAway = false;
  /** Number of the last record that is in the log. */
  #inLog = -1;
  #adoptTimer: NodeJS.Timeout | undefined;
  #started: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | undefined;

  constructor(options: PeerOptions) {
    this.#options = options;
    this.#rival = new Rival(options);
  }

  get isLeading(): boolean {
    return this.#sequencer !== undefined;
  }

  /** Whether nobody else waits for what this process does. */
  get isAlone(): boolean {
    return this.#sequencer?.guests === 0;
  }

  /** Whether records find their way into the log at present. */
  get isConnected(): boolean {
    return this.isLeading || this.#follower?.isWelcome === true;
  }

  /** Whether some records are in a file of their own only: in no log yet, and not signed. */
  get isSpooling(): boolean {
    return this.#spool !== undefined && this.#inLog < this.#spool.last;
  }

  get ack(): Ack {
    return this.#ack;
  }

  /** Number of the next record. */
  get size(): number {
    return this.outbox.next;
  }

  get backlog(): number {
    return this.outbox.bytes;
  }

  /**
   * Resolves when records find their way into the log. When it rejects, tries go on all the same, until `close`.
   *
   * @throws ReinError what `recoverLog` throws; `record_failed` when nobody answers
   */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#started = { resolve, reject };
      this.#watch = setInterval(() => {
        this.#listen();
      }, WATCH_MS);
      this.#away("nobody answers at its address");
      this.#startTimer = setTimeout(() => {
        void this.#goToSpool(logAway(this.#awayReason));
      }, START_MS);
      this.#seek();
    });
  }

  blob(field: string, text: string): void {
    this.outbox.blob(field, text);
    if (this.#seat !== undefined) this.#blobs.push([field, text]);
  }

  append(head: string, tail: string): void {
    const seat = this.#seat;
    this.outbox.append(head, tail);
    if (seat === undefined) return;
    const { log } = this.#sequencer!;
    for (const [field, text] of this.#blobs) log.blob(field, text);
    if (this.#blobs.length > 0) this.#blobs = [];
    log.append(head, tail);
    seat.intake.last += 1;
  }

  /** Sends what there is; see `onAck`. */
  write(): void {
    this.outbox.seal();
    this.#wantSignatures();
    if (this.#isAway) this.#writeSpool();
    // Our own records go to the disk together with those of others, who get their turn before the next ones of ours.
    if (this.#sequencer === undefined) this.#follower?.push();
    else this.#sequencer.soon();
  }

  /** Asks for everything to be durable; see `onAck`. */
  sync(): void {
    this.#want(this.outbox.next - 1, -1);
  }

  /** Asks for everything to be signed; see `onAck`. */
  checkpoint(): void {
    this.#want(this.outbox.next - 1, this.outbox.next - 1);
  }

  tick(): void {
    // Whoever writes the log sees to it.
  }

  /** Lets go of the log: when this process writes it, it ends it so that another goes on. @throws the system's error */
  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#awayTimer);
    clearTimeout(this.#startTimer);
    clearInterval(this.#watch);
    this.#follower?.close();
    clearInterval(this.#adoptTimer);
    const sequencer = this.#sequencer;
    this.#sequencer = undefined;
    this.#seat = undefined;
    try {
      sequencer?.close();
    } finally {
      this.#leaveSpool();
    }
  }

  /** Lets go of the log without a last word of this run; others go on. */
  abandon(): void {
    try {
      this.close();
    } catch (error) {
      this.#options.warn(`the log could not be ended: ${messageOf(error)}`);
    }
  }

  #want(durable: number, signed: number): void {
    this.#wanted = [Math.max(this.#wanted[0], durable), Math.max(this.#wanted[1], signed)];
    if (this.#isAway) this.#writeSpool();
    if (this.#seat !== undefined) {
      [this.#seat.wantsDurable, this.#seat.wantsSigned] = this.#wanted;
      this.#sequencer?.soon();
    } else {
      this.#follower?.want(...this.#wanted);
    }
  }

  #wantSignatures(): void {
    if (this.outbox.bytes > OUTBOX_BYTES / 2) this.#want(-1, this.outbox.next - 1);
  }

  #seek(): void {
    this.#retry = undefined;
    void this.#find().catch((error: unknown) => {
      this.#cannot(error);
    });
  }

  async #find(): Promise<void> {
    if (this.#isOver) return;
    const { disk, dir, kind } = this.#options;
    makeDirDurably(disk, dir);
    this.#token = shareToken(disk, dir);
    this.#address = shareAddress(dir, this.#token, kind);
    if (!this.#rival.isGone()) {
      this.#follow();
      return;
    }
    const server = await listenAt(this.#address);
    if (this.#isOver) server?.close();
    else if (server === undefined) this.#follow();
    else this.#lead(server);
  }

  /** Nobody writes the log: from now on this process does. */
  #lead(server: Server): void {
    const { disk, dir, now } = this.#options;
    let log: LogWriter;
    try {
      log = takeLogOver(this.#options, this.#address!);
    } catch (error) {
      server.close();
      this.#cannot(error);
      return;
    }
    const token = this.#token;
    const onLost = (error: Error): void => {
      this.#lose(error);
    };
    const sequencer = new Sequencer({ disk, dir, log, server, token, now, onLost });
    this.#sequencer = sequencer;
    try {
      this.#takeSeat(sequencer);
    } catch (error) {
      this.#sequencer = undefined;
      sequencer.end("failed", messageOf(error));
      this.#cannot(error);
    }
  }

  #takeSeat(sequencer: Sequencer): void {
    const { boot } = this.#options;
    const intake = sequencer.intakeOf({ boot, since: this.#since, signed: this.#signed });
    const { log } = sequencer;
    this.outbox.seal();
    this.#mustGoOn(intake.last);
    this.outbox.rewind(intake.last);
    for (let parcel = this.outbox.take(); parcel !== undefined; parcel = this.outbox.take()) {
      for (const blob of parcel.blobs) intake.blob(blob.subarray(5));
      intake.records(parcel.frame.subarray(5));
    }
    const ack = { ...NOTHING, written: -1, size: log.size, segments: log.segments };
    const [wantsDurable, wantsSigned] = this.#wanted;
    const seat: Seat = {
      ...{ boot, intake, wantsDurable, wantsSigned, ack },
      tell: (next) => {
        this.#hear(next);
      },
      fail: (problem) => {
        this.#trouble(problem);
      },
    };
    this.#seat = seat;
    sequencer.seat(seat);
    this.#arrived({ ...ack, written: -1 });
    sequencer.commit(false);
    const adopt = (): void => {
      void adoptSpools(this.#options, this.#address!, () => this.#sequencer);
    };
    this.#adoptTimer ??= setInterval(adopt, ADOPT_MS);
    adopt();
  }

  #follow(): void {
    const { boot } = this.#options;
    this.outbox.seal();
    const follower: Follower = (this.#follower = new Follower({
      path: this.#address!.path,
      token: this.#token,
      standing: { boot, since: this.#since, signed: this.#signed },
      outbox: this.outbox,
      onWelcome: (ack) => {
        this.#mustGoOn(ack.written);
        this.#arrived(ack);
        follower.want(...this.#wanted);
        this.#hear({ ...ack, durable: this.#ack.durable, signed: this.#ack.signed });
      },
      onAck: (ack) => {
        this.#hear(ack);
      },
      onFail: (problem) => {
        this.#trouble(problem);
      },
      onEnd: (code, message) => {
        void this.#ended(code, message);
      },
    }));
  }

  async #ended(code: string, message: string): Promise<void> {
    const wasWelcome = this.#follower?.isWelcome === true;
    this.#follower = undefined;
    if (this.#isOver) return;
    if (code === "log_lost") this.#rival.met();
    if (wasWelcome) {
      this.#tries = 0;
      this.#away(message);
    }
    const isGone = ["closed", "handover", "ECONNREFUSED", "ENOENT", "ECONNRESET", "EPIPE"].includes(code);
    if (isGone) {
      if (code === "ECONNREFUSED") await clearDeadSocket(this.#address!);
      this.#again(this.#tries < 100 ? SOON_MS : LATER_MS);
      return;
    }
    this.#awayReason = message;
    if (code === "stranger" || code === "version" || code === "full") void this.#goToSpool(logAway(message));
    this.#again(LATER_MS);
  }

  /** What goes wrong here may go right later. */
  #cannot(error: unknown): void {
    if (this.#isOver) return;
    this.#away(messageOf(error));
    if (ReinError.isInstance(error) && error.code === "log_lost") this.#rival.met();
    this.#trouble(messageOf(error));
    void this.#goToSpool(error);
    this.#again(LATER_MS);
  }

  #refused(error: unknown): void {
    this.#started?.reject(error);
    this.#started = undefined;
  }

  #again(ms: number): void {
    if (this.#isOver || this.#retry !== undefined) return;
    this.#tries += 1;
    // Not all at once.
    this.#retry = setTimeout(
      () => {
        this.#seek();
      },
      ms * (0.5 + Math.random()),
    );
  }

  /** Another process has signed the log. */
  #lose(error: Error): void {
    const sequencer = this.#sequencer;
    this.#sequencer = undefined;
    this.#seat = undefined;
    this.#rival.met();
    sequencer?.end("log_lost", messageOf(error));
    this.#options.warn(
      "another process has signed this log, and cannot be reached from here: only processes that see each other's sockets can share a log",
    );
    this.#cannot(error);
  }

  /** @throws ReinError `record_damaged` when the log has forgotten records that it had signed */
  #mustGoOn(last: number): void {
    if (last + 1 >= this.outbox.first) return;
    throw new ReinError("record_damaged", "the log has lost records of this run that it had signed", {
      help: "run `rein audit verify`, and keep a copy of the log before anything else",
    });
  }

  /** Records find their way again. */
  #arrived({ size, segments }: Ack): void {
    this.#isAway = false;
    this.#since ??= size;
    this.#segmentsSaid = segments;
    this.#segments += 1;
    this.#ack = { ...this.#ack, size, segments: this.#segments };
    this.#tries = 0;
    this.#heardAt = performance.now();
    this.#isSilent = false;
    clearTimeout(this.#awayTimer);
    this.#awayTimer = undefined;
    this.#trouble(null);
    clearTimeout(this.#startTimer);
    this.#started?.resolve();
    this.#started = undefined;
    this.#options.onAck(this.#ack);
  }

  #hear(ack: Ack): void {
    this.#inLog = Math.max(this.#inLog, ack.written);
    this.#heardAt = performance.now();
    if (this.#isSilent) this.#trouble(null);
    this.#isSilent = false;
    if (ack.segments !== this.#segmentsSaid) {
      this.#segmentsSaid = ack.segments;
      this.#segments += 1;
    }
    const before = this.#ack;
    const { written, durable, signed, size } = ack;
    if (signed > this.#signed) {
      this.#signed = signed;
      this.#since = size;
      this.outbox.release(signed);
      if (this.#spool !== undefined && signed >= this.#spool.last) this.#removeSpool();
    }
    this.#ack = {
      written: Math.max(written, before.written),
      durable: Math.max(durable, before.durable),
      signed: Math.max(signed, before.signed),
      size,
      segments: this.#segments,
    };
    this.#options.onAck(this.#ack);
  }

  /** Records do not get through: told of when it lasts. */
  #away(reason: string): void {
    this.#awayReason = reason;
    this.#awayTimer ??= setTimeout(() => {
      const problem = `the process that writes the log is away: ${this.#awayReason}`;
      this.#trouble(problem);
      void this.#goToSpool(undefined);
    }, AWAY_MS);
  }

  /** A process that was stopped keeps its socket, and answers nothing. */
  #listen(): void {
    const now = performance.now();
    if (this.#follower?.isWelcome !== true || !this.#isWaiting) this.#heardAt = now;
    if (this.#isSilent || now - this.#heardAt < AWAY_MS) return;
    this.#isSilent = true;
    this.#trouble("the process that writes the log does not answer");
    if (this.#options.spool !== true) return;
    // What it has and what it has not is known again when it answers.
    this.#follower?.close();
    this.#follower = undefined;
    void this.#goToSpool(undefined);
    this.#again(LATER_MS);
  }

  get #isWaiting(): boolean {
    const { written, durable } = this.#ack;
    return written < this.outbox.next - 1 || durable < this.#wanted[0];
  }

  /** Nobody writes the log: from now on records go into a file of this run's own, if that is wanted and can be. */
  async #goToSpool(error: unknown): Promise<void> {
    const { spool = false, warn } = this.#options;
    if (!spool || this.#isAway || this.#isSpoolDue || this.isConnected || this.#address === undefined) {
      if (!this.#isAway && !this.#isSpoolDue && error !== undefined) this.#refused(error);
      return;
    }
    this.#isSpoolDue = true;
    try {
      this.#spool ??= await this.#newSpool(this.#address);
      if (this.#isOver || this.isConnected) return;
      this.#isAway = true;
      this.outbox.seal();
      this.outbox.rewind(Math.max(this.#inLog, this.#spool.last));
      warn(`records are kept beside the log until it can be written, unsigned: ${this.#awayReason}`);
      this.#started?.resolve();
      this.#started = undefined;
      this.#writeSpool();
    } catch (cause) {
      this.#refused(error ?? cause);
    } finally {
      this.#isSpoolDue = false;
    }
  }

  async #newSpool(address: ShareAddress): Promise<Spool> {
    const { disk, dir, boot } = this.#options;
    const lock = await listenAt(spoolAddress(address, boot));
    if (lock === undefined) throw new Error("the spool of this run is another's");
    try {
      return new Spool(
        disk,
        dir,
        { boot, since: this.#since ?? this.#rival.headSize(), signed: this.#signed },
        lock,
      );
    } catch (error) {
      lock.close();
      throw error;
    }
  }

  #writeSpool(): void {
    const spool = this.#spool!;
    const { ack } = this;
    try {
      this.outbox.seal();
      spool.write(this.outbox);
      const isSyncDue = this.#wanted[0] > ack.durable;
      if (isSyncDue) spool.sync();
      this.#trouble(null);
      const written = Math.max(ack.written, spool.last);
      const durable = isSyncDue ? written : ack.durable;
      if (written === ack.written && durable === ack.durable) return;
      this.#ack = { ...ack, written, durable };
      this.#options.onAck(this.#ack);
    } catch (error) {
      this.#isAway = false;
      this.#trouble(`the log is away, and records cannot be kept beside it: ${messageOf(error)}`);
    }
  }

  #removeSpool(): void {
    const spool = this.#spool;
    this.#spool = undefined;
    try {
      spool?.remove();
    } catch (error) {
      this.#options.warn(
        `what was kept beside the log is in it now, and cannot be removed: ${messageOf(error)}`,
      );
    }
  }

  #leaveSpool(): void {
    const spool = this.#spool;
    this.#spool = undefined;
    spool?.leave();
  }

  #trouble(problem: string | null): void {
    // What is kept beside the log is kept.
    if (problem === this.#problem || (problem !== null && this.#isAway)) return;
    this.#problem = problem;
    this.#options.onTrouble(problem);
  }
}
