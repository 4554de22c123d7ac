/** A place in the files of a log. */
export interface Place {
  /** Path from the log's directory. */
  readonly file: string;
  /** From 1; null where there are no lines. */
  readonly line: number | null;
  /** Index of the leaf; null where none is meant. */
  readonly index: number | null;
  /** Where in the file it begins. */
  readonly byte: number | null;
}

/** Something that was found, in words and as a code that programs can branch on. */
export interface Finding {
  readonly code: string;
  readonly message: string;
  readonly place: Place | null;
}

/** What verification came to: 0 and 4 hold, 2 and 3 do not. */
export type Outcome = "valid" | "invalid" | "contradicted" | "untrusted";

/** Something that happened to the log, such as a recovery, with the record that tells it. */
export interface Incident {
  readonly index: number;
  /** Wall time, ms since 1970; null when the record does not say. */
  readonly at: number | null;
  readonly message: string;
}

/** A list that is cut off: `count` is how many there were. */
export interface Listed<T> {
  readonly count: number;
  readonly first: readonly T[];
}

/** What `rein audit verify --json` prints. All times are ms since 1970, all roots base64. */
export interface Verdict {
  readonly outcome: Outcome;
  readonly exitCode: 0 | 2 | 3 | 4;
  /** One sentence. */
  readonly summary: string;
  readonly dir: string;
  readonly verifiedAt: number;
  readonly log: LogFacts | null;
  /** Leaves that count, the unsigned ones included. */
  readonly size: number;
  /** The newest checkpoint that is signed by the log's key; null when there is none. */
  readonly signed: { readonly size: number; readonly root: string } | null;
  /** What makes the log invalid, or contradicts it; the most important first. */
  readonly problems: Listed<Finding>;
  /** The first line that is wrong; null when no line is to blame, or none can be named. */
  readonly firstBad: Place | null;
  /** What does not make it invalid and should be looked at. */
  readonly warnings: Listed<Finding>;
  /** What this verdict does not say: whoever reads only one list should read this one. Never empty. */
  readonly notCovered: readonly string[];
  readonly checked: Checked;
  readonly tail: Tail;
  readonly ending: Ending;
  readonly trust: Trust;
  readonly decisions: Decisions;
  readonly history: History;
}

export interface LogFacts {
  readonly origin: string;
  readonly vkey: string;
  /** Who says that this is the log's key. `log`: only the log itself. */
  readonly keyFrom: "given" | "policy" | "log";
  readonly begunAt: number | null;
  readonly software: string | null;
  /** The log that this one goes on from, when it says so. */
  readonly previous: { readonly origin: string; readonly size: number; readonly reason: string } | null;
}

/** How much was checked. */
export interface Checked {
  /** Leaves whose bytes were read and hashed. */
  readonly records: number;
  readonly bytes: number;
  readonly segments: number;
  /** Leaves whose bytes retention has removed: their hashes were read instead. */
  readonly removed: number;
  /** Leaves before `--since`, of which only hashes were read; 0 without. */
  readonly skipped: number;
  readonly checkpoints: number;
  readonly seals: number;
  readonly blobs: number;
  /** Heads that are kept apart from the checkpoints, in the log's directory and given. */
  readonly heads: number;
  readonly elapsedMs: number;
}

/** Leaves behind the newest checkpoint: nobody has signed them. */
export interface Tail {
  readonly records: number;
  /** Bytes at the very end that are no leaves: a crash, or a write that is under way. */
  readonly tornBytes: number;
  /** When the first of the records was written; null without any. */
  readonly since: number | null;
  readonly exposureSeconds: number;
}

/** How the log ends. */
export interface Ending {
  /** `closed`: its writer ended by itself. `open`: it runs, was killed, or what followed was cut off. */
  readonly state: "empty" | "closed" | "open";
  /** When the last record was written. */
  readonly at: number | null;
}

/** Who else has seen the log. */
export interface Trust {
  /** `self-signed`: only the log's own key. `head`: a head that was given. `anchored`, `witnessed`: what the receipts say. */
  readonly level: "none" | "self-signed" | "head" | "anchored" | "witnessed";
  /** Whether the quorum of the given policy was reached; null without a policy. */
  readonly quorum: boolean | null;
  /** Leaves that enough witnesses have cosigned. */
  readonly witnessedSize: number;
  readonly witnesses: readonly Cosigner[];
  readonly anchors: readonly Anchor[];
  /** From the first leaf that no witness has seen to now; null without a policy whose quorum was reached. */
  readonly exposureSeconds: number | null;
  /** The largest head given by whoever checks; null without. */
  readonly headSize: number | null;
}

export interface Cosigner {
  readonly name: string;
  readonly size: number;
  /** When it cosigned. */
  readonly at: number;
}

/** What a receipt in the log's directory says; its proof is checked by `rein audit anchor verify`. */
export interface Anchor {
  readonly kind: string;
  readonly size: number;
  readonly at: number | null;
}

/** Decisions and what came of them. */
export interface Decisions {
  readonly total: number;
  readonly allowed: number;
  readonly answered: number;
  /** Allowed and not answered in a run that still goes on, or may. */
  readonly inFlight: number;
  /** Allowed, and their run ended or broke off before they did, as it says itself or a later start shows. */
  readonly interrupted: number;
  /** Allowed, and their run ended without counting them among those in flight. */
  readonly unanswered: Listed<Incident>;
  /** More were open at a time than are followed. */
  readonly isIncomplete: boolean;
}

/** What happened to the log, from its own records. */
export interface History {
  readonly starts: number;
  readonly closes: number;
  readonly recoveries: Listed<Incident>;
  readonly gaps: Listed<Incident>;
  /** Records that the gaps stand for; null when one of them does not know. */
  readonly lost: number | null;
  readonly clockSteps: number;
  /** The wall clock went back and no record says so. */
  readonly unrecordedSteps: Listed<Incident>;
  /** Nothing was written for longer than heartbeats allow, in one run. */
  readonly silences: Listed<Incident>;
  readonly retention: Listed<Incident>;
  readonly redactions: number;
  readonly rotations: number;
  /** Records of each type. */
  readonly types: Readonly<Record<string, number>>;
}
