import { isKeyName } from "../audit/index.js";
import type { RecordSink } from "../audit/index.js";
import type { Store } from "../store/index.js";
import { InvalidInputError } from "../core/errors.js";
import { cleanName, printable } from "../core/names.js";
import { nearest } from "../core/nearest.js";
import type { PolicyInput } from "../policy/index.js";
import type { Clock } from "./clock.js";
import type { KeepOptions } from "./kept-values.js";
import type { ReinConfig, ReinConfigInput } from "./config.js";
import type { Logger } from "./logger.js";
import type { SignalProvider } from "./providers.js";

export interface ReinOptions {
  /** What is allowed; without one the configuration's thresholds hold as rules named `builtin:*`. */
  readonly policy?: PolicyInput | undefined;
  readonly config?: ReinConfig | ReinConfigInput | undefined;
  /** `shadow` records what would have been blocked and blocks nothing; from the configuration when absent. */
  readonly mode?: "enforce" | "shadow" | undefined;
  /** Adds the configuration's rules to the policy. */
  readonly builtins?: boolean | undefined;
  /**
   * A directory of this governor's own for state and records, which then outlive the process; operators reach it
   * through this directory from other terminals. In memory only when absent.
   */
  readonly dir?: string | undefined;
  /** Where state is kept instead of `dir`. */
  readonly store?: Store | undefined;
  readonly audit?:
    | {
        /** The directory of the log, which other processes may share; `audit` in `dir` when absent. */
        readonly dir?: string | undefined;
        /** A directory elsewhere, best on another volume, in which the newest head of the log is kept as well. */
        readonly heads?: string | undefined;
        /** What a new log is called; such as `example.com/agents`. */
        readonly origin?: string | undefined;
        /** Values that are kept beside the log; pseudonyms and commitments alone when absent. */
        readonly keep?: KeepOptions | undefined;
        /** When records wait faster than they are written: `refuse` actions (default), or leave a signed `gap`. */
        readonly whenFull?: "refuse" | "gap" | undefined;
        /**
         * When no process can write a log that is shared: `refuse` actions as soon as the queue is full (default), or
         * `spool` records into a file beside the log, from where they get into it later; until then nothing signs them.
         */
        readonly whenAway?: "refuse" | "spool" | undefined;
        /** `interval`: written soon; `written`, `durable`: `admit` waits until they are written, or on the disk. */
        readonly durability?: "interval" | "written" | "durable" | undefined;
        /** Where lines go, instead of a log where neither `dir` is given. */
        readonly sink?: RecordSink | undefined;
      }
    | undefined;
  /** Numbers about the world that nobody pushes with `signal`: asked for once per regime tick. */
  readonly signals?: Readonly<Record<string, SignalProvider>> | undefined;
  readonly clock?: Clock | undefined;
  readonly logger?: Logger | undefined;
}

const OPTIONS = [
  ...["policy", "config", "mode", "builtins", "dir", "store", "audit", "signals", "clock", "logger"],
];
const MAX_SIGNAL_NAME = 256;
const AUDIT_OPTIONS = ["dir", "heads", "origin", "keep", "whenFull", "whenAway", "durability", "sink"];
const KEEP_OPTIONS = ["args", "tags", "subject"];

/** @throws InvalidInputError for an option that does not exist, or has no such value: a typo is never ignored */
export function checkOptions(options: ReinOptions): void {
  checkFields("Rein.open", options, OPTIONS);
  const { mode, audit, logger } = options;
  if (mode !== undefined && !["enforce", "shadow"].includes(mode)) {
    throw new InvalidInputError("mode", `\`${String(mode)}\` is no mode`, {
      help: 'use "enforce" or "shadow"',
    });
  }
  if (options.dir !== undefined && (typeof options.dir !== "string" || options.dir === "")) {
    throw new InvalidInputError("dir", "`dir` is the path of a directory", {
      help: 'for example dir: "./rein_state"',
    });
  }
  if (
    options.store !== undefined &&
    (options.dir !== undefined || typeof options.store?.open !== "function")
  ) {
    throw new InvalidInputError("store", "a `store` is an object with `open`, and takes the place of `dir`", {
      help: "leave out one of them",
    });
  }
  if (audit !== undefined) checkFields("Rein.open's `audit`", audit, AUDIT_OPTIONS);
  if (logger !== undefined) {
    for (const level of ["info", "warn", "error"] as const) {
      if (typeof logger?.[level] === "function") continue;
      throw new InvalidInputError("logger", `the logger has no method \`${level}\``, {
        help: "it needs info, warn and error; the console has them",
      });
    }
  }
  if (options.signals !== undefined) {
    for (const [name, provider] of Object.entries(options.signals)) {
      if (typeof provider === "function" && cleanName(name, MAX_SIGNAL_NAME) === name) continue;
      throw new InvalidInputError("signals", `\`signals\` has no provider under \`${printable(name, 60)}\``, {
        help: "give each signal a name and a function that answers with a number",
      });
    }
  }
  const durability = audit?.durability;
  if (durability !== undefined && !["interval", "written", "durable"].includes(durability)) {
    throw new InvalidInputError("audit.durability", `\`${String(durability)}\` is no durability`, {
      help: 'use "interval", "written" or "durable"',
    });
  }
  if (audit?.whenFull !== undefined && !["refuse", "gap"].includes(audit.whenFull)) {
    throw new InvalidInputError(
      "audit.whenFull",
      `\`${String(audit.whenFull)}\` is nothing that can be done`,
      {
        help: 'use "refuse" or "gap"',
      },
    );
  }
  if (audit?.keep !== undefined) {
    checkFields("Rein.open's `audit.keep`", audit.keep, KEEP_OPTIONS);
    if (options.dir === undefined && audit.dir === undefined) {
      throw new InvalidInputError("audit.keep", "values are kept beside a log, and there is none", {
        help: "give `dir`, or `audit: { dir }`",
      });
    }
  }
  if (audit?.whenAway !== undefined && !["refuse", "spool"].includes(audit.whenAway)) {
    throw new InvalidInputError(
      "audit.whenAway",
      `\`${String(audit.whenAway)}\` is nothing that can be done`,
      { help: 'use "refuse" or "spool"' },
    );
  }
  if (audit?.origin !== undefined && (typeof audit.origin !== "string" || !isKeyName(audit.origin))) {
    throw new InvalidInputError("audit.origin", `\`${String(audit.origin)}\` cannot be the name of a log`, {
      help: "use a name such as example.com/agents, without spaces and without +",
    });
  }
}

function checkFields(what: string, options: object, known: readonly string[]): void {
  if (typeof options !== "object" || options === null)
    throw new InvalidInputError("options", `${what} takes an object of options`);
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const like = nearest(name, known);
    throw new InvalidInputError(name, `${what} has no option \`${name}\``, {
      help: like === undefined ? `it has ${known.join(", ")}` : `did you mean \`${like}\`?`,
    });
  }
}
