import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { messageOf } from "../../core/errors.js";
import type { Ack, Standing } from "./ack.js";
import * as frames from "./frames.js";
import type { Outbox, Parcel } from "./outbox.js";
import { isProof, proofOf } from "./token.js";

/** Bytes that are under way at most, so that a process that dies holds little that others wait for. */
const WINDOW_BYTES = 1 << 20;

export interface FollowerOptions {
  readonly path: string;
  readonly token: string;
  readonly standing: Standing;
  readonly outbox: Outbox;
  /** It is known what of this run is in the log. */
  readonly onWelcome: (ack: Ack) => void;
  readonly onAck: (ack: Ack) => void;
  readonly onFail: (problem: string | null) => void;
  /** The connection is over, once. `code`: what the other side said, or the system's, or `closed`. */
  readonly onEnd: (code: string, message: string) => void;
}

/** A process that sends its records to the one that writes the log. */
export class Follower {
  isWelcome = false;
  readonly #options: FollowerOptions;
  readonly #socket: Socket;
  readonly #reader = new frames.FrameReader(frames.MAX_FRAME);
  readonly #nonce = randomBytes(32).toString("hex");
  #theirNonce = "";
  #isOver = false;
  /** Parcels under way, and their bytes. */
  readonly #underway: Parcel[] = [];
  #bytes = 0;
  #wanted = [-1, -1];

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#socket = connect({ path: options.path });
    let code = "closed";
    let message = "the process that wrote the log is gone";
    this.#socket.on("error", (error: NodeJS.ErrnoException) => {
      if (!this.isWelcome) code = error.code ?? code;
      message = messageOf(error);
    });
    this.#socket.on("close", () => {
      this.#end(code, message);
    });
    this.#socket.on("data", (chunk: Buffer) => {
      try {
        this.#reader.push(chunk, (type, payload) => {
          if (!this.#isOver) this.#frame(type, payload);
        });
      } catch (error) {
        this.#end("protocol", messageOf(error));
      }
    });
  }

  /** Sends what there is and has room. */
  push(): void {
    if (!this.isWelcome) return;
    const { outbox } = this.#options;
    const socket = this.#socket;
    socket.cork();
    while (this.#bytes < WINDOW_BYTES) {
      const parcel = outbox.take();
      if (parcel === undefined) break;
      for (const blob of parcel.blobs) socket.write(blob);
      socket.write(parcel.frame);
      this.#underway.push(parcel);
      this.#bytes += parcel.bytes;
    }
    socket.uncork();
  }

  /** Says up to which records everything shall be durable, and signed. */
  want(durable: number, signed: number): void {
    if (!this.isWelcome || (durable <= this.#wanted[0]! && signed <= this.#wanted[1]!)) return;
    this.#wanted = [Math.max(durable, this.#wanted[0]!), Math.max(signed, this.#wanted[1]!)];
    this.#socket.write(frames.numbersFrame(frames.WANT, this.#wanted));
  }

  close(): void {
    this.#isOver = true;
    this.#socket.destroy();
  }

  #end(code: string, message: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#socket.destroy();
    this.#options.onEnd(code, message);
  }

  #frame(type: number, payload: Buffer): void {
    if (type === frames.BYE) {
      const { code, message } = frames.readJson(payload);
      this.#end(String(code), String(message));
    } else if (this.#theirNonce === "") {
      if (type !== frames.HELLO) throw new frames.ProtocolError("nobody greets like that");
      this.#join(payload);
    } else if (!this.isWelcome) {
      if (type !== frames.WELCOME) throw new frames.ProtocolError("nobody welcomes like that");
      this.#welcome(payload);
    } else if (type === frames.ACK) {
      const [written, durable, signed, size, segments] = frames.readNumbers(payload, 5) as [
        number,
        number,
        number,
        number,
        number,
      ];
      this.#arrived(written);
      this.#options.onAck({ written, durable, signed, size, segments });
      this.push();
    } else if (type === frames.FAIL) {
      const { problem } = frames.readJson(payload);
      this.#options.onFail(typeof problem === "string" ? problem : null);
    } else {
      throw new frames.ProtocolError(`a frame of type ${type}`);
    }
  }

  #join(payload: Buffer): void {
    const { version, nonce } = frames.readJson(payload);
    if (typeof nonce !== "string" || !/^[0-9a-f]{64}$/.test(nonce))
      throw new frames.ProtocolError("no nonce");
    if (version !== frames.SHARE_VERSION) {
      this.#end("version", `the log is written with version ${String(version)} of the protocol`);
      return;
    }
    this.#theirNonce = nonce;
    const { token, standing } = this.#options;
    const proof = proofOf(token, "client", nonce, this.#nonce);
    const join = { version: frames.SHARE_VERSION, nonce: this.#nonce, proof, ...standing };
    this.#socket.write(frames.jsonFrame(frames.JOIN, join));
  }

  #welcome(payload: Buffer): void {
    const { proof, last, size, segments } = frames.readJson(payload);
    if (!isProof(proof, proofOf(this.#options.token, "sequencer", this.#nonce, this.#theirNonce))) {
      this.#end("stranger", "whoever sits at the log's address does not know its token");
      return;
    }
    this.isWelcome = true;
    const written = last as number;
    const ack = { written, durable: -1, signed: -1, size: size as number, segments: segments as number };
    this.#options.outbox.rewind(written);
    this.#options.onWelcome(ack);
    this.push();
  }

  #arrived(written: number): void {
    let count = 0;
    for (const parcel of this.#underway) {
      if (parcel.first + parcel.count - 1 > written) break;
      this.#bytes -= parcel.bytes;
      count += 1;
    }
    this.#underway.splice(0, count);
  }
}
