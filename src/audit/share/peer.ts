import { createServer } from "node:net";
import type { Server } from "node:net";
import type { Disk } from "../../core/disk.js";
import { messageOf, ReinError } from "../../core/errors.js";
import { fileHeads } from "../log/head.js";
import { makeDirDurably } from "../log/layout.js";
import type { LeafSink } from "../log/leaf-sink.js";
import { newestHead, recoverLog } from "../log/recover.js";
import type { LogEnd } from "../log/recover.js";
import { LogWriter } from "../log/writer.js";
import type { Ack } from "./ack.js";
import { clearDeadSocket, shareAddress, socketFile } from "./address.js";
import type { AddressKind, ShareAddress } from "./address.js";
import { Follower } from "./follower.js";
import { Outbox } from "./outbox.js";
import { Sequencer } from "./sequencer.js";
import type { Seat } from "./sequencer.js";
import { shareToken } from "./token.js";

/** The first tries to find somebody, or to be the one oneself, follow quickly; others are told to wait. */
const SOON_MS = 4;
const LATER_MS = 500;
/** Changes of the one who writes take less; after that it is told that the log is away. */
const AWAY_MS = 1_500;
/** How often somebody looks whether he who writes the log still answers. */
const WATCH_MS = 250;
/** Who has lost a log to somebody out of reach takes it back when that one has not signed for so long: it signs every 10 s. */
const SILENT_MS = 35_000;
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
  #awayReason = "nobody writes it";
  #problem: string | null = null;
  /** Looks whether the one who writes answers, and when he last did. */
  #watch: NodeJS.Timeout | undefined;
  #heardAt = 0;
  #isSilent = false;
  #isOver = false;
  #tries = 0;
  /** Somebody out of reach has signed: until when not to write, and what he had signed. */
  #notBefore = 0;
  #theirSize = -1;
  #started: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | undefined;

  constructor(options: PeerOptions) {
    this.#options = options;
  }

  get isLeading(): boolean {
    return this.#sequencer !== undefined;
  }

  /** Whether records find their way into the log at present. */
  get isConnected(): boolean {
    return this.isLeading || this.#follower?.isWelcome === true;
  }

  /** Whether records go into a file of their own at present: they are in no log yet. */
  get isSpooling(): boolean {
    return false;
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
    if (this.#sequencer === undefined) this.#follower?.push();
    else this.#sequencer.commit(false);
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
    clearInterval(this.#watch);
    this.#follower?.close();
    const sequencer = this.#sequencer;
    this.#sequencer = undefined;
    this.#seat = undefined;
    sequencer?.close();
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
    if (!this.#mayWrite()) {
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
    const { disk, dir, headDirs, boot, software, now, mono, segmentLeaves, warn } = this.#options;
    const address = this.#address!;
    const file = socketFile(address);
    const mustBeOurs = (): void => {
      // Two may find the same dead socket, and the second removes the first one's.
      if (file !== undefined && fileAt(address) !== file) throw lost();
    };
    let log: LogWriter;
    try {
      const heads = headDirs.map((place) => fileHeads(disk, place));
      const end = this.#recover(mustBeOurs);
      log = new LogWriter({
        ...{ disk, dir, end, heads, now, mono, software, segmentLeaves, mustBeOurs },
        writer: boot,
        onTrouble: warn,
      });
    } catch (error) {
      server.close();
      this.#cannot(error);
      return;
    }
    const { token } = { token: this.#token };
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

  /** @throws what `recoverLog` throws */
  #recover(mustBeOurs: () => void): LogEnd {
    const { disk, dir, headDirs, origin } = this.#options;
    const heads = headDirs.map((place) => fileHeads(disk, place));
    const end = recoverLog({ disk, dir, heads, origin, mustBeOurs });
    // Whoever wrote before has not said that it ended. It may be alive where its socket is out of our reach.
    const isUnsure = end.recovered === null && end.last !== null && end.last.type !== "log.close";
    return isUnsure ? recoverLog({ disk, dir, heads, origin, mustBeOurs, fence: true }) : end;
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
    if (code === "log_lost") this.#outOfReach();
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
    if (code === "stranger" || code === "version" || code === "full")
      this.#refused(new ReinError("record_failed", `the log is away: ${message}`, { help: HELP }));
    this.#again(LATER_MS);
  }

  /** What goes wrong here may go right later. */
  #cannot(error: unknown): void {
    if (this.#isOver) return;
    this.#away(messageOf(error));
    if (ReinError.isInstance(error) && error.code === "log_lost") this.#outOfReach();
    this.#trouble(messageOf(error));
    this.#refused(error);
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
    this.#retry = setTimeout(() => {
      this.#seek();
    }, ms * (0.5 + Math.random()));
  }

  /** Another process has signed the log. */
  #lose(error: Error): void {
    const sequencer = this.#sequencer;
    this.#sequencer = undefined;
    this.#seat = undefined;
    this.#outOfReach();
    sequencer?.end("log_lost", messageOf(error));
    this.#options.warn(
      "another process has signed this log, and cannot be reached from here: only processes that see each other's sockets can share a log",
    );
    this.#cannot(error);
  }

  #outOfReach(): void {
    this.#notBefore = performance.now() + SILENT_MS;
    this.#theirSize = this.#headSize();
  }

  #mayWrite(): boolean {
    if (this.#notBefore === 0) return true;
    const size = this.#headSize();
    if (size !== this.#theirSize) this.#outOfReach();
    if (performance.now() < this.#notBefore) return false;
    this.#notBefore = 0;
    return true;
  }

  #headSize(): number {
    const { disk, dir, headDirs } = this.#options;
    return newestHead({ disk, dir, heads: [fileHeads(disk, headDirs[0]!)] })?.size ?? 0;
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
    this.#started?.resolve();
    this.#started = undefined;
    this.#options.onAck(this.#ack);
  }

  #hear(ack: Ack): void {
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
      this.#refused(new ReinError("record_failed", problem, { help: HELP }));
    }, AWAY_MS);
  }

  /** A process that was stopped keeps its socket, and answers nothing. */
  #listen(): void {
    const now = performance.now();
    if (this.#follower?.isWelcome !== true || !this.#isWaiting) this.#heardAt = now;
    if (this.#isSilent || now - this.#heardAt < AWAY_MS) return;
    this.#isSilent = true;
    this.#trouble("the process that writes the log does not answer");
  }

  get #isWaiting(): boolean {
    const { written, durable } = this.#ack;
    return written < this.outbox.next - 1 || durable < this.#wanted[0];
  }

  #trouble(problem: string | null): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#options.onTrouble(problem);
  }
}

const HELP =
  "see that all processes that share the log run as the same user, on the same machine and in the same network namespace, " +
  "that none of them is stopped, and that they may read and write the log's directory";

function lost(): ReinError {
  return new ReinError("log_lost", "another process has taken this log over", { help: HELP });
}

function fileAt(address: ShareAddress): bigint | undefined {
  try {
    return socketFile(address);
  } catch {
    return undefined;
  }
}

/** Binds the address; undefined: somebody has. */
function listenAt({ path }: ShareAddress): Promise<Server | undefined> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE" || error.code === "EEXIST") resolve(undefined);
      else reject(error);
    });
    // Workers of node:cluster would share one socket.
    server.listen({ path, exclusive: true }, () => {
      server.removeAllListeners("error");
      server.on("error", () => undefined);
      resolve(server);
    });
  });
}
