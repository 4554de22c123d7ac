import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { messageOf } from "../../core/errors.js";
import type { Ack, Standing } from "./ack.js";
import * as frames from "./frames.js";
import type { Intake } from "./intake.js";
import type { Seat, Sequencer } from "./sequencer.js";
import { isProof, proofOf } from "./token.js";

/** Whoever has not proved by then that he knows the token is sent away. */
const PROOF_MS = 1_000;

const NOTHING: Ack = { written: -1, durable: -1, signed: -1, size: 0, segments: 0 };

/** Another process at the one that writes the log. Whatever it sends can cost it its connection, and nobody else anything. */
export class Guest implements Seat {
  boot = "";
  intake!: Intake;
  wantsDurable = -1;
  wantsSigned = -1;
  ack: Ack = NOTHING;
  readonly #sequencer: Sequencer;
  readonly #socket: Socket;
  readonly #reader = new frames.FrameReader(frames.MAX_FIRST_FRAME);
  readonly #nonce = randomBytes(32).toString("hex");
  readonly #patience: NodeJS.Timeout;
  #isSeated = false;
  #isOver = false;
  /** Acknowledgements wait while the other side does not read. */
  #isAckDue = false;

  constructor(sequencer: Sequencer, socket: Socket) {
    this.#sequencer = sequencer;
    this.#socket = socket;
    this.#patience = setTimeout(() => {
      this.end("stranger", "the token was not proved in time");
    }, PROOF_MS);
    socket.on("error", () => {
      this.#gone();
    });
    socket.on("close", () => {
      this.#gone();
    });
    socket.on("end", () => {
      this.#gone();
    });
    socket.on("drain", () => {
      if (this.#isAckDue) this.tell(this.ack);
    });
    socket.on("data", (chunk: Buffer) => {
      this.#take(chunk);
    });
  }

  greet(): void {
    this.#socket.write(frames.jsonFrame(frames.HELLO, { version: frames.SHARE_VERSION, nonce: this.#nonce }));
  }

  pause(isPaused: boolean): void {
    if (isPaused) this.#socket.pause();
    else this.#socket.resume();
  }

  tell(ack: Ack): void {
    if (this.#isOver) return;
    this.#isAckDue = this.#socket.writableNeedDrain;
    if (this.#isAckDue) return;
    const { written, durable, signed, size, segments } = ack;
    this.#socket.write(frames.numbersFrame(frames.ACK, [written, durable, signed, size, segments]));
  }

  fail(problem: string | null): void {
    if (!this.#isOver) this.#socket.write(frames.jsonFrame(frames.FAIL, { problem }));
  }

  /** Says why, and hangs up. */
  end(code: string, message: string): void {
    if (this.#isOver) return;
    // What it was told before it should still hear.
    if (this.#isAckDue && this.#socket.writableLength < frames.MAX_FRAME) {
      const { written, durable, signed, size, segments } = this.ack;
      this.#socket.write(frames.numbersFrame(frames.ACK, [written, durable, signed, size, segments]));
    }
    this.#socket.end(frames.jsonFrame(frames.BYE, { code, message }));
    this.#gone();
    // Who does not read it does not keep us either.
    setTimeout(() => this.#socket.destroy(), PROOF_MS).unref();
  }

  #gone(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#patience);
    this.#sequencer.forget(this);
    if (!this.#socket.writableEnded) this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    if (this.#isOver) return;
    try {
      this.#reader.push(chunk, (type, payload) => {
        if (!this.#isOver) this.#frame(type, payload);
      });
    } catch (error) {
      const isTheirs = error instanceof frames.ProtocolError;
      this.end(isTheirs ? "protocol" : "failed", messageOf(error));
    }
    // What came before something wrong is in the log all the same.
    if (this.#isSeated) this.#sequencer.soon();
  }

  #frame(type: number, payload: Buffer): void {
    if (!this.#isSeated) {
      if (type !== frames.JOIN) throw new frames.ProtocolError("nobody joins like that");
      this.#join(payload);
    } else if (type === frames.RECORDS) {
      this.intake.records(payload);
    } else if (type === frames.BLOB) {
      this.intake.blob(payload);
    } else if (type === frames.WANT) {
      const [durable, signed] = frames.readNumbers(payload, 2) as [number, number];
      this.wantsDurable = Math.max(this.wantsDurable, durable);
      this.wantsSigned = Math.max(this.wantsSigned, signed);
    } else {
      throw new frames.ProtocolError(`a frame of type ${type}`);
    }
  }

  #join(payload: Buffer): void {
    const { version, nonce, proof, ...said } = frames.readJson(payload);
    const { token, log } = this.#sequencer.options;
    if (typeof nonce !== "string" || !/^[0-9a-f]{64}$/.test(nonce))
      throw new frames.ProtocolError("no nonce");
    if (!isProof(proof, proofOf(token, "client", this.#nonce, nonce))) {
      this.end("stranger", "the token of this log is another one");
      return;
    }
    if (version !== frames.SHARE_VERSION) {
      this.end("version", `this log is written with version ${frames.SHARE_VERSION} of the protocol`);
      return;
    }
    const standing = standingOf(said);
    clearTimeout(this.#patience);
    this.boot = standing.boot;
    this.intake = this.#sequencer.intakeOf(standing);
    this.#reader.limit = frames.MAX_FRAME;
    this.#isSeated = true;
    const { last } = this.intake;
    // What is in the log need not be durable.
    this.ack = { ...NOTHING, written: last, signed: Math.min(last, standing.signed), size: log.size };
    this.#socket.write(
      frames.jsonFrame(frames.WELCOME, {
        proof: proofOf(token, "sequencer", nonce, this.#nonce),
        ...{ last, size: log.size, segments: log.segments, pid: process.pid },
      }),
    );
    this.#sequencer.seat(this);
  }
}

/** @throws ProtocolError */
function standingOf({ boot, since, signed }: Readonly<Record<string, unknown>>): Standing {
  const isBoot = typeof boot === "string" && /^[\w-]{1,64}$/.test(boot);
  const isSince = since === null || (Number.isSafeInteger(since) && (since as number) >= 0);
  if (isBoot && isSince && Number.isSafeInteger(signed) && (signed as number) >= -1)
    return { boot, since: since as number | null, signed: signed as number };
  throw new frames.ProtocolError("nobody is named like that");
}
