import { InvalidInputError } from "../core/errors.js";
import type { ReinConfigInput } from "../rein/index.js";
import { defineAttack, DOMAINS } from "./attack.js";
import type { Attack, Domain } from "./attack.js";
import type { Mutation } from "./mutation.js";
import { MUTATIONS } from "./mutations/index.js";
import type { Work } from "./work.js";

export interface RedTeamOptions {
  /** Instead of the built-in attacks, and checked as `defineAttack` does; both are filtered by `domains`. */
  readonly attacks?: readonly Attack[] | undefined;
  /** JavaScript modules with attacks of your own, which run beside the others, each file in a thread; `domains` does not filter them. */
  readonly attackFiles?: readonly string[] | undefined;
  /** Globs: only attacks with such an id, those of `attackFiles` included. Each must match one. */
  readonly ids?: readonly string[] | undefined;
  /** Real ms that one run of an attack of such a file may take; 10,000 when absent. */
  readonly attackLimitMs?: number | undefined;
  /** Instead of generated honest work. */
  readonly benign?: readonly Work[] | undefined;
  /** A folder of recorded sessions, which are let through beside it; see docs/redteam.md. */
  readonly recordings?: string | undefined;
  /** All when absent. */
  readonly domains?: readonly Domain[] | undefined;
  /** All chance comes from it; 1 when absent. */
  readonly seed?: number | undefined;
  /** Runs of each attack, with the seeds that follow each other; 1 when absent. */
  readonly seeds?: number | undefined;
  /** Sessions of honest work in each domain; 20 when absent. */
  readonly sessions?: number | undefined;
  /** Carries out each attack in each other way that there is, too; or in these, which `attackFiles` do not take. */
  readonly mutations?: boolean | readonly Mutation[] | undefined;
  /** Searches, from each attack, for the most damage that the policy lets through, and shortens what was missed. */
  readonly adaptive?: boolean | undefined;
  /** Settings of the governor. */
  readonly config?: ReinConfigInput | undefined;
  readonly onProgress?: ((progress: RedTeamProgress) => void) | undefined;
}

/** How far it is. */
export interface RedTeamProgress {
  readonly done: number;
  readonly of: number;
  /** What comes next. */
  readonly next: string;
}

const SESSIONS = 20;
const MAX_SEEDS = 1_000;

/** What a run can rely on. */
interface Checked {
  /** Instead of the built-in attacks. */
  readonly attacks: readonly Attack[] | undefined;
  readonly domains: readonly Domain[];
  readonly seed: number;
  readonly seeds: number;
  readonly sessions: number;
  readonly mutations: readonly Mutation[];
}

/** The options with what is meant where nobody says. @throws InvalidInputError for one that makes no sense */
export function checked(options: RedTeamOptions): Checked {
  const { domains = DOMAINS, seed = 1, seeds = 1, sessions = SESSIONS } = options;
  const unknown = domains.find((domain) => !DOMAINS.includes(domain));
  if (unknown !== undefined) {
    throw new InvalidInputError("domains", `there is no domain \`${String(unknown)}\``, {
      help: `use ${DOMAINS.join(", ")}`,
    });
  }
  whole("seed", seed, 0, 2 ** 32 - 1);
  whole("seeds", seeds, 1, MAX_SEEDS);
  whole("sessions", sessions, 0, 10_000);
  return {
    ...{ domains: [...new Set(domains)], seed, seeds, sessions },
    attacks: options.attacks?.map(defineAttack),
    mutations: mutationsOf(options),
  };
}

function mutationsOf({ mutations = false, attackFiles = [] }: RedTeamOptions): readonly Mutation[] {
  if (typeof mutations === "boolean") return mutations ? MUTATIONS : [];
  for (const mutation of mutations) checkMutation(mutation, attackFiles);
  return mutations;
}

function checkMutation(mutation: Mutation, attackFiles: readonly string[]): void {
  const { id, environment: { deadStoreAfterMoves, editsStateAfterMoves } = {} } = mutation;
  if (deadStoreAfterMoves !== undefined && editsStateAfterMoves !== undefined) {
    throw new InvalidInputError(
      "mutations",
      `mutation \`${id}\` loses a store in memory, and keeps state in files`,
      { help: "make two of it: one with `deadStoreAfterMoves`, one with `editsStateAfterMoves`" },
    );
  }
  // Only ids reach the thread of a file.
  if (attackFiles.length > 0 && !MUTATIONS.includes(mutation)) {
    throw new InvalidInputError(
      "mutations",
      `mutation \`${id}\` is your own, and cannot reach the thread in which a file of attacks runs`,
      {
        help: "import the attacks of the file and give them as `attacks`, or run the file without `mutations`",
      },
    );
  }
}

function whole(field: string, value: number, from: number, to: number): void {
  if (Number.isInteger(value) && value >= from && value <= to) return;
  throw new InvalidInputError(
    field,
    `\`${field}\` is a whole number, and ${String(value)} is not one that fits`,
    {
      help: `from ${from} to ${to}`,
    },
  );
}
