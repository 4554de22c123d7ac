import type { Disk } from "../../core/disk.js";
import { messageOf, ReinError } from "../../core/errors.js";
import { formatCheckpoint, parseVkey, signNote } from "../note/index.js";
import type { NoteSigner } from "../note/index.js";
import { isSameHead } from "./head.js";
import type { Head, HeadKeeper } from "./head.js";
import type { Keyring } from "./keyring.js";
import { NoteFile } from "./notes.js";

export interface PublisherOptions {
  readonly disk: Disk;
  readonly dir: string;
  readonly keyring: Keyring;
  /** The first is the log's own, without which nothing is signed. */
  readonly heads: readonly HeadKeeper[];
  readonly mustBeOurs?: (() => void) | undefined;
  /** Hears of heads that could not be kept elsewhere. */
  readonly onTrouble: (problem: string) => void;
}

/** Signs heads of the log, and makes them known. */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #notes: NoteFile;
  /** What each keeper has. */
  readonly #kept: (Head | null)[];

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#kept = options.heads.map((keeper) => keeper.read());
    this.#notes = new NoteFile(options.disk, options.dir, parseVkey(options.keyring.log.vkey));
  }

  /**
   * @param seal the key of an epoch that ends here
   * @param isLasting waits until the note would survive a power failure
   * @throws ReinError `log_lost` when another process has signed meanwhile; the system's errors: it can be tried again
   */
  publish(head: Head, seal: NoteSigner | null, isLasting: boolean): void {
    const { keyring, heads, mustBeOurs } = this.#options;
    mustBeOurs?.();
    heads.forEach((keeper, i) => {
      if (i === 0) this.#keep(keeper, i, head);
      else this.#tryToKeep(keeper, i, head);
    });
    const note = signNote(formatCheckpoint(head), seal === null ? [keyring.log] : [keyring.log, seal]);
    this.#notes.publish(note, isLasting);
  }

  close(): void {
    this.#notes.close();
  }

  #keep(keeper: HeadKeeper, i: number, head: Head): void {
    if (isSameHead(this.#kept[i]!, head)) return;
    let isKept: boolean;
    try {
      isKept = keeper.swap(this.#kept[i]!, head);
    } catch (error) {
      // Either of the two may be there now.
      const now = keeper.read();
      if (isSameHead(now, head)) this.#kept[i] = head;
      throw error;
    }
    if (!isKept) {
      throw new ReinError("log_lost", "another process has signed this log meanwhile", {
        help: "stop this process: one process writes to a log, others send it what they have to record",
      });
    }
    this.#kept[i] = head;
  }

  #tryToKeep(keeper: HeadKeeper, i: number, head: Head): void {
    try {
      this.#keep(keeper, i, head);
    } catch (error) {
      if (ReinError.isInstance(error) && error.code === "log_lost") throw error;
      this.#options.onTrouble(`the head of the log cannot be kept elsewhere: ${messageOf(error)}`);
    }
  }
}
