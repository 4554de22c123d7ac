import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Disk } from "../core/disk.js";
import { type Identity, systemIdentity } from "./identity.js";
import { nodeDisk } from "./node-disk.js";
import type { OwnershipOptions } from "./ownership.js";
import { storeDamaged, storeNewer } from "./store-errors.js";
import type { Found, Survey } from "./survey.js";

export interface DirStoreOptions {
  /** The disk of this machine by default. */
  readonly disk?: Disk;
  /** Wall time in ms. */
  readonly now?: () => number;
  /** What the system says about this process. */
  readonly identity?: Identity;
  /** Random bytes, for the secret and for names that nobody else has. */
  readonly random?: (bytes: number) => Uint8Array;
  /** Waits, to see whether an owner on another machine or in another container gives a sign of life: at most 10 s. */
  readonly wait?: (ms: number) => Promise<void>;
}

export interface DirSettings extends OwnershipOptions {
  readonly random: (bytes: number) => Uint8Array;
}

/** Options with their defaults. */
export function settingsOf(dir: string, options: DirStoreOptions): DirSettings {
  const random = options.random ?? randomBytes;
  return {
    disk: options.disk ?? nodeDisk,
    dir: resolve(dir),
    name: dir,
    now: options.now ?? Date.now,
    identity: options.identity ?? systemIdentity(),
    random,
    nonce: () => Buffer.from(random(16)).toString("hex"),
    wait: options.wait ?? ((ms) => delay(ms)),
  };
}

/** What was found, or the reason for which it may not be used. */
export function mustBeWhole(survey: Survey, name: string): Found {
  const problem = survey.problems[0];
  if (survey.found !== undefined && problem === undefined) return survey.found;
  if (problem?.kind === "newer") throw storeNewer(name, problem.file);
  throw storeDamaged(name, problem?.file ?? "", problem?.problem ?? "cannot be read");
}

export function tornNote({ file, bytes }: { readonly file: string; readonly bytes: number }): string {
  return `the last ${bytes} bytes of \`${file}\` are a write that was cut short before it counted; they are left out`;
}
