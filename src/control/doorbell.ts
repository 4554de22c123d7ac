import { Worker } from "node:worker_threads";
import { messageOf, ReinError } from "../core/errors.js";
import { ownUid } from "./admission.js";
import { controlPlaces } from "./layout.js";

/** Places in a doorbell's word; the same as in watcher-thread.mjs. */
const BELL = 0;
const LOST = 1;
const TROUBLE = 2;
const WORD_LENGTH = 3;

/** What the word says of trouble, as the end of a sentence. */
const TROUBLES: readonly string[] = [
  "",
  "the inbox is missing",
  "this user may not read the inbox",
  "the inbox is open to other users",
  "the inbox cannot be read",
  "the owner's file cannot be kept up to date",
  "the watcher has ended",
];
const ENDED = 6;

/** What tells a governor, busy or not, that somebody outside wants something. */
export interface Doorbell {
  /**
   * Shared with the watcher: `[0]` counts rings, `[1]` is 1 when another process has taken the directory over, `[2]`
   * is not 0 when commands can no longer be seen (and 0 again when they can). Any change rings.
   */
  readonly word: Int32Array;
  /** Whether it has rung since the last call. One atomic load: cheap enough for every gate and fence. */
  rang(): boolean;
  /** Another process owns the directory now: nothing may be spent or said in its name. */
  readonly isLost: boolean;
  /** Why commands cannot be seen, as a sentence; null when they can. Whoever asks should allow nothing. */
  readonly trouble: string | null;
  /** Calls back from the event loop after a ring, whether or not `rang` was asked meanwhile. */
  onMessage(callback: () => void): void;
  /** Ends the watcher; the word stays as it is. */
  close(): Promise<void>;
}

export interface WatcherOptions {
  /** The state directory, its control channel made; absolute. */
  readonly dir: string;
  /** The file that says who owns the directory: touched while we do. Owner files that are numbered succeed each other. */
  readonly ownerFile: string;
  /** What that file says as long as it is ours. */
  readonly nonce: string;
  readonly pollMs?: number | undefined;
  readonly heartbeatMs?: number | undefined;
}

/**
 * Starts the thread that watches a state directory; resolves once it does. It keeps no process alive.
 *
 * @throws ReinError `store_failed` when the thread cannot be started
 */
export async function startWatcher(options: WatcherOptions): Promise<Doorbell> {
  const { dir, ownerFile, nonce, pollMs = 20, heartbeatMs = 2_000 } = options;
  const word = newWord();
  const task = {
    shared: word.buffer,
    inbox: controlPlaces(dir).inbox,
    ownerFile,
    nonce,
    uid: ownUid(),
    pollMs,
    heartbeatMs,
  };
  try {
    const worker = new Worker(new URL("./watcher-thread.mjs", import.meta.url), {
      name: "rein-watcher",
      workerData: task,
      // Loaders and hooks of the program are not for this thread: they could break it, and they take time to start.
      execArgv: [],
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4, stackSizeMb: 1 },
    });
    const bell = new WatchedDoorbell(word, worker);
    await bell.started;
    return bell;
  } catch (error) {
    throw new ReinError("store_failed", `the watcher of \`${dir}\` cannot be started: ${messageOf(error)}`, {
      help: "without it nobody can stop a busy process from outside",
      cause: error,
    });
  }
}

/** A doorbell that rings when it is told to, for simulations and for governors without a directory. */
export function silentDoorbell(): SilentDoorbell {
  return new SilentDoorbell(newWord());
}

class SimpleDoorbell implements Doorbell {
  readonly word: Int32Array;
  readonly #callbacks: (() => void)[] = [];
  #heard = 0;

  constructor(word: Int32Array) {
    this.word = word;
  }

  rang(): boolean {
    const rings = Atomics.load(this.word, BELL);
    if (rings === this.#heard) return false;
    // Taken down before anybody looks: what comes while he looks rings again.
    this.#heard = rings;
    return true;
  }

  get isLost(): boolean {
    return Atomics.load(this.word, LOST) !== 0;
  }

  get trouble(): string | null {
    const trouble = Atomics.load(this.word, TROUBLE);
    if (trouble === 0) return null;
    return `commands from outside cannot be seen: ${TROUBLES[trouble] ?? "the watcher says why in no words known here"}`;
  }

  onMessage(callback: () => void): void {
    this.#callbacks.push(callback);
  }

  async close(): Promise<void> {
    this.#callbacks.length = 0;
  }

  protected tell(): void {
    for (const callback of this.#callbacks) callback();
  }

  protected set(place: number, value: number): void {
    Atomics.store(this.word, place, value);
    Atomics.add(this.word, BELL, 1);
  }
}

class WatchedDoorbell extends SimpleDoorbell {
  /** Resolves when the thread watches. */
  readonly started: Promise<void>;
  readonly #worker: Worker;
  #closing = false;

  constructor(word: Int32Array, worker: Worker) {
    super(word);
    this.#worker = worker;
    this.started = new Promise((resolve, reject) => {
      worker.once("message", () => {
        // From here on it keeps no process alive; once, because ending it needs it back.
        worker.unref();
        resolve();
      });
      worker.on("message", () => {
        this.tell();
      });
      // Without a listener an error of the thread would end the process; what matters is that the thread has ended.
      worker.on("error", reject);
      worker.on("exit", (code) => {
        reject(new Error(`the thread ended with code ${code}`));
        if (this.#closing) return;
        this.set(TROUBLE, ENDED);
        this.tell();
      });
    });
  }

  override async close(): Promise<void> {
    this.#closing = true;
    await super.close();
    await this.#worker.terminate();
  }
}

export class SilentDoorbell extends SimpleDoorbell {
  /** Somebody has left something in the inbox. */
  ring(): void {
    Atomics.add(this.word, BELL, 1);
    this.tell();
  }

  /** Another process has taken the directory over. */
  lose(): void {
    this.set(LOST, 1);
    this.tell();
  }

  /** The inbox cannot be read any more, or can again. */
  fail(failing: boolean): void {
    this.set(TROUBLE, failing ? TROUBLES.indexOf("the inbox cannot be read") : 0);
    this.tell();
  }
}

function newWord(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(WORD_LENGTH * Int32Array.BYTES_PER_ELEMENT));
}
