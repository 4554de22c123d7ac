import type { Doorbell, Mail, Mailbox } from "../control/index.js";
import type { ControlAnswer, ControlMessage } from "../control/index.js";
import { messageOf, ReinError, traceOf } from "../core/errors.js";
import type { Desk } from "./desk.js";
import { haltWithReceipt } from "./halting.js";
import type { Owning } from "./owning.js";
import { MAX_ORDERS } from "./recovery.js";

/** What is said of a command that an earlier process began: nobody knows whether it was carried out. */
const INTERRUPTED = {
  code: "store_failed",
  message: "the governor ended while it carried this out, so it may or may not be done",
  help: "look with `rein status`, and ask again where it is not",
};

/** Carries out what operators ask from outside, through the state directory. */
export class Orders {
  readonly #desk: Desk;
  readonly #mailbox: Mailbox;
  readonly #doorbell: Doorbell;
  readonly #owning: Owning;
  /** Ids of commands that were carried out, the oldest first. */
  readonly #seen: Set<string>;
  /** The halt that stands while commands cannot be heard. */
  #deaf: string | null = null;
  readonly #answering = new Set<Promise<void>>();
  /** What lies there was left for, or by, the process before. */
  #isStart = true;

  constructor(desk: Desk, mailbox: Mailbox, doorbell: Doorbell, seen: Set<string>, owning: Owning) {
    this.#desk = desk;
    this.#owning = owning;
    this.#mailbox = mailbox;
    this.#doorbell = doorbell;
    this.#seen = seen;
    doorbell.onMessage(() => {
      this.look();
    });
  }

  /** Looks whether somebody has rung; one atomic read, as every gate and fence asks. */
  look(): void {
    if (this.#doorbell.rang()) this.take();
  }

  /** Carries out everything that has come. */
  take(): void {
    const desk = this.#desk;
    if (desk.closed) return;
    if (this.#doorbell.isLost) {
      desk.lose();
      return;
    }
    // A governor that was idle does not know what time it is.
    desk.timeline.read();
    try {
      this.#takeAll();
      this.#hearAgain();
    } catch (error) {
      this.#goDeaf(messageOf(error));
    }
    this.#isStart = false;
  }

  #takeAll(): void {
    const { timeline } = this.#desk;
    const { trouble } = this.#doorbell;
    if (trouble !== null) {
      // Somebody may have removed the inbox; where it can be made again, it is heard again.
      this.#mailbox.prepare(timeline.at);
      throw new Error(trouble);
    }
    for (;;) {
      const mails = this.#mailbox.take(timeline.at);
      // What lies there may be for another process by now, and must stay for that one.
      if (mails.length === 0 || !this.#owning.isOurs()) return;
      for (const mail of mails) this.#handle(mail);
    }
  }

  /** Resolves when every command that was taken is answered, and nothing is watched any more. */
  async close(): Promise<void> {
    await Promise.all(this.#answering);
    await this.#doorbell.close();
  }

  /** One command that fails must not keep the next from being heard: it may be the one that stops everything. */
  #handle(mail: Mail): void {
    try {
      this.#carry(mail);
    } catch (error) {
      this.#desk.logger.error(`a command from outside failed: ${traceOf(error)}`);
      if (mail.kind !== "rejected") this.#answer(mail.message, { ok: false, error: this.#errorOf(error) });
    }
  }

  #carry(mail: Mail): void {
    const { recorder, timeline, logger, listeners } = this.#desk;
    const { at, mono } = timeline;
    if (mail.kind === "rejected") {
      const message = `a command from outside was not admitted: \`${mail.file}\` ${mail.reason}`;
      logger.error(message);
      recorder.event({ type: "order_rejected", at, mono, file: mail.file, reason: mail.reason });
      listeners.tell("alert", { code: "order_rejected", message, at });
      return;
    }
    const { message } = mail;
    if (mail.kind === "repeated") {
      this.#answer(message, message.command === "halt" ? { ok: true } : { ok: false, error: INTERRUPTED });
      return;
    }
    if (message.command === "halt" && this.#wasCarriedOut(message)) {
      this.#answer(message, { ok: true });
      return;
    }
    // What loosens is done at most once, though a crash comes between; a halt at least once.
    if (message.command !== "halt") this.#remember(message.id);
    const { id, command, by, reason, uid, host } = message;
    recorder.event({ type: "order", at, mono, id, command, by, reason, uid, host, sentAt: message.at });
    const answering = this.#carryOut(message).then((answer) => {
      this.#answering.delete(answering);
      this.#remember(id);
      if (!this.#desk.closed) {
        const now = this.#desk.timeline;
        recorder.event({ type: "order_done", at: now.at, mono: now.mono, id, ok: answer.ok });
      }
      this.#answer(message, answer);
    });
    this.#answering.add(answering);
  }

  /** The process before may have died between the halt and its answer. */
  #wasCarriedOut({ scope, by, reason, at }: Extract<ControlMessage, { command: "halt" }>): boolean {
    if (!this.#isStart) return false;
    const asked = JSON.stringify(scope);
    for (const { info } of this.#desk.engine.halts.all()) {
      if (info.by === by && info.reason === reason && info.at >= at && JSON.stringify(info.scope) === asked)
        return true;
    }
    return false;
  }

  /** What can be done at once is done before this returns: a halt has shut every gate and fence by then. */
  async #carryOut(message: ControlMessage): Promise<ControlAnswer> {
    const desk = this.#desk;
    const { by, reason } = message;
    try {
      switch (message.command) {
        case "halt": {
          const { scope, deadlineMs } = message;
          return { ok: true, receipt: await haltWithReceipt(desk, { scope, reason, by, deadlineMs }) };
        }
        case "resume":
          await desk.resume(message.halt, by, reason);
          return { ok: true };
        case "approve":
        case "reject":
          desk.answer(message.command, message.approval, by, reason);
          return { ok: true };
      }
    } catch (error) {
      return { ok: false, error: this.#errorOf(error) };
    }
  }

  #errorOf(error: unknown): Extract<ControlAnswer, { ok: false }>["error"] {
    const { halts, approvals } = this.#desk.engine;
    return {
      code: ReinError.isInstance(error) ? error.code : "engine_fault",
      message: messageOf(error),
      ...(ReinError.isInstance(error) && error.help !== undefined && { help: error.help }),
      halts: [...halts.all()].map(({ info: { id, scope, reason, by, at } }) => ({
        id,
        scope,
        reason,
        by,
        at,
      })),
      approvals: [...approvals.all()]
        .filter(({ state }) => state === "pending")
        .map(({ id, source, series }) => ({ id, source, series })),
    };
  }

  #answer(message: ControlMessage, answer: ControlAnswer): void {
    // Whoever has taken over hears the command, too, and answers.
    if (!this.#owning.isOurs()) return;
    const problem = this.#mailbox.answer(message.id, answer, this.#desk.timeline.at);
    if (problem !== null) this.#desk.logger.warn(problem);
  }

  #remember(id: string): void {
    this.#seen.add(id);
    for (const old of this.#seen) {
      if (this.#seen.size <= MAX_ORDERS) break;
      this.#seen.delete(old);
    }
  }

  /** Nobody could stop it from outside any more, so it stops by itself. */
  #goDeaf(why: string): void {
    if (this.#deaf !== null) return;
    const halt = this.#desk.halt("all", "rein", `${why}, so nothing may run`);
    this.#deaf = halt.info.id;
  }

  #hearAgain(): void {
    if (this.#deaf === null) return;
    const halt = this.#deaf;
    this.#deaf = null;
    if (this.#desk.engine.halts.get(halt) === undefined) return;
    void this.#desk.resume(halt, "rein", "commands from outside can be heard again");
  }
}
