import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { InvalidInputError, messageOf, PolicyError, ReinError, traceOf } from "../core/errors.js";
import type { CompiledPolicy } from "../policy/index.js";
import { schedule } from "./clock.js";
import type { Desk } from "./desk.js";
import { compilePolicyFile, readPolicyFile } from "./policy-file.js";

export interface WatchPolicyOptions {
  /** Hears of each version of the file that cannot be used, and of a file that is gone; once each. */
  readonly onError?: ((error: ReinError) => unknown) | undefined;
  /** Hears of each version that was put in force after the first. */
  readonly onChange?: ((policy: CompiledPolicy) => unknown) | undefined;
  /** How often the file is looked at, in ms; default 500. A version counts when two looks in a row find the same. */
  readonly everyMs?: number | undefined;
}

const EVERY_MS = 500;
const SHORTEST_MS = 5;

// Two changes within a tick of the file system's clock can leave the same times and size behind. A file that was
// changed so lately is read again, whatever its times say.
const RECENT_MS = 2000;

/**
 * Puts a policy file in force, and each of its later versions; returns how to stop. It looks again and again rather
 * than wait to be told: that also works for files that are replaced, removed and made anew, or reached through links
 * that are swapped, and on every file system.
 *
 * @param put puts a policy in force
 */
export async function watchPolicyFile(
  path: string,
  options: WatchPolicyOptions,
  desk: Desk,
  put: (policy: CompiledPolicy, file: string) => void,
): Promise<() => void> {
  checkOptions(options);
  const watch = new PolicyWatch(typeof path === "string" ? resolve(path) : path, options, desk, put);
  await watch.begin();
  return () => {
    watch.stop();
  };
}

class PolicyWatch {
  readonly #path: string;
  readonly #options: WatchPolicyOptions;
  readonly #desk: Desk;
  readonly #put: (policy: CompiledPolicy, file: string) => void;
  readonly #onClose = (): void => {
    this.stop();
  };
  #cancel = (): void => undefined;
  #stopped = false;
  /** The last version that was looked at as a whole, good or bad. */
  #known: Buffer = Buffer.alloc(0);
  /** A newer one, until it is found a second time. */
  #next: Buffer | null = null;
  /** What the file system says of a version that is known and cannot have changed since. */
  #mark: string | null = null;
  /** Why the file could not be read the last time, and whether that was told. */
  #trouble: { readonly message: string; told: boolean } | null = null;

  constructor(
    path: string,
    options: WatchPolicyOptions,
    desk: Desk,
    put: (policy: CompiledPolicy, file: string) => void,
  ) {
    this.#path = path;
    this.#options = options;
    this.#desk = desk;
    this.#put = put;
  }

  /** @throws PolicyError; nothing is watched then */
  async begin(): Promise<void> {
    this.#known = await readPolicyFile(this.#path);
    this.#put(compilePolicyFile(this.#path, this.#known), this.#path);
    this.#desk.closings.add(this.#onClose);
    this.#wait();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
    this.#desk.closings.delete(this.#onClose);
  }

  #wait(): void {
    // A file changes in real time, whatever clock decisions follow.
    this.#cancel = schedule(
      undefined,
      () => {
        void this.#look().then(() => {
          if (!this.#stopped) this.#wait();
        });
      },
      this.#options.everyMs ?? EVERY_MS,
    );
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    try {
      const mark = await markOf(this.#path).catch(() => null);
      if (mark !== null && mark === this.#mark) return;
      const bytes = await readPolicyFile(this.#path);
      if (this.#stopped) return;
      if (this.#trouble?.told === true) this.#desk.logger.info(`${this.#path} can be read again`);
      this.#trouble = null;
      // Only now: what was read cannot be older than the mark.
      this.#see(bytes, mark);
    } catch (error) {
      if (!this.#stopped) this.#miss(error);
    }
  }

  #see(bytes: Buffer, mark: string | null): void {
    if (bytes.equals(this.#known)) {
      this.#next = null;
      this.#mark = mark;
    } else if (this.#next?.equals(bytes) === true) {
      this.#known = bytes;
      this.#next = null;
      this.#take(bytes);
    } else {
      // It may be half written still.
      this.#next = bytes;
    }
  }

  #take(bytes: Buffer): void {
    const { logger } = this.#desk;
    let policy: CompiledPolicy;
    try {
      policy = compilePolicyFile(this.#path, bytes);
      this.#put(policy, this.#path);
    } catch (error) {
      if (!this.#stopped) this.#refuse(error);
      return;
    }
    const { length } = policy.rules;
    if (length === 0) logger.warn(`${this.#path} was changed: the policy has no rules any more`);
    else logger.info(`${this.#path} was changed: its ${length} rules are in force now (${policy.digest})`);
    this.#call("onChange", policy);
  }

  /** Between two versions a file may be missing for a moment: only the second look in a row tells. */
  #miss(error: unknown): void {
    const message = messageOf(error);
    this.#mark = this.#next = null;
    if (this.#trouble?.message !== message) this.#trouble = { message, told: false };
    else if (!this.#trouble.told) {
      this.#trouble.told = true;
      this.#refuse(error);
    }
  }

  /** Says that what is in the file is not in force. */
  #refuse(cause: unknown): void {
    const { logger, listeners, timeline } = this.#desk;
    const error = ReinError.isInstance(cause)
      ? cause
      : new PolicyError([{ index: -1, path: "", file: this.#path, message: messageOf(cause) }], { cause });
    const message = `${this.#path} is NOT in force as it is now, and the policy from before stays: ${error.message}`;
    logger.error(message);
    listeners.tell("alert", { code: "policy_refused", message, at: timeline.at });
    this.#call("onError", error);
  }

  #call<N extends "onError" | "onChange">(
    name: N,
    about: Parameters<NonNullable<WatchPolicyOptions[N]>>[0],
  ): void {
    const complain = (error: unknown): void => {
      this.#desk.logger.error(`${name} of watchPolicy failed: ${traceOf(error)}`);
    };
    try {
      const listener = this.#options[name] as ((about: unknown) => unknown) | undefined;
      Promise.resolve(listener?.(about)).catch(complain);
    } catch (error) {
      complain(error);
    }
  }
}

/** What changes when a file does; null while that cannot be relied on. Links are followed. */
async function markOf(path: string): Promise<string | null> {
  const { dev, ino, size, mtimeNs, ctimeNs, mtimeMs, ctimeMs } = await stat(path, { bigint: true });
  const latest = Number(mtimeMs > ctimeMs ? mtimeMs : ctimeMs);
  return Date.now() - latest < RECENT_MS ? null : [dev, ino, size, mtimeNs, ctimeNs].join(" ");
}

function checkOptions(options: WatchPolicyOptions): void {
  if (typeof options !== "object" || options === null)
    throw new InvalidInputError("options", "watchPolicy takes an object of options");
  const { everyMs, ...listeners } = options;
  if (
    everyMs !== undefined &&
    !(typeof everyMs === "number" && everyMs >= SHORTEST_MS && everyMs < 2 ** 31)
  ) {
    throw new InvalidInputError("everyMs", `\`everyMs\` is a number of milliseconds from ${SHORTEST_MS}`);
  }
  for (const [name, listener] of Object.entries(listeners)) {
    if (name !== "onError" && name !== "onChange") {
      throw new InvalidInputError(name, `watchPolicy has no option \`${name}\``, {
        help: "it has onError, onChange and everyMs",
      });
    }
    if (listener !== undefined && typeof listener !== "function")
      throw new InvalidInputError(name, `\`${name}\` must be a function`);
  }
}
