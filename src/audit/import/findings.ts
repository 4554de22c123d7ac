/** How bad a finding is: the original is not whole; it is, but not as its writer left it; it proves little. */
export type FindingSeverity = "broken" | "doubtful" | "weak";

/** Something about the imported log that whoever relies on it should know. */
export interface ImportFinding {
  readonly code: FindingCode;
  readonly severity: FindingSeverity;
  /** How many lines it concerns, and the first of them, from 1. */
  readonly count: number;
  readonly lines: readonly number[];
  readonly message: string;
}

const MAX_LINES = 20;

const FINDINGS = {
  malformed: ["broken", "lines that are no JSON: nobody knows what they were"],
  not_utf8: ["broken", "lines that are not UTF-8: the original verifier cannot even read the file"],
  chain_broken: [
    "broken",
    "entries that do not continue the one before: something is missing, moved or was put in",
  ],
  beginning_missing: ["broken", "the first entry continues one that is not there: the beginning is missing"],
  restarted: ["broken", "entries that begin a new chain in the middle of the file"],
  forked: [
    "broken",
    "entries that continue an earlier one than the one before: two writers, or an entry was put in",
  ],
  hash_mismatch: ["broken", "entries whose hash does not fit their content"],
  signature_mismatch: ["broken", "entries whose signature was not made with the given key over this content"],
  torn_end: ["broken", "the last line is cut off in the middle"],
  no_entries: ["doubtful", "there is not one entry with a hash: an emptied log looks the same"],
  unhashed: [
    "doubtful",
    "entries without a hash: they are outside the chain, anybody can add, change or remove them, and the original verifier accepts them",
  ],
  repeated_key: ["doubtful", "lines in which a key comes twice: two readers may see two things"],
  rewritten: ["doubtful", "lines that are not in the form that the original package writes"],
  unsigned_between_signed: [
    "doubtful",
    "entries with `sig: null` or none in a log that has signatures: a signature was removed, or the key was missing for a while; the original verifier accepts both",
  ],
  signature_malformed: ["doubtful", "entries whose signature is not 64 hexadecimal digits"],
  unsigned: [
    "weak",
    "no entry is signed (`sig: null`): whoever can write the file can change it and make all hashes anew",
  ],
  signatures_unchecked: ["weak", "entries whose signature was not checked, for no key was given"],
  time_backwards: ["weak", "entries that are older, by their own time, than the one before"],
  blank_line: ["weak", "blank lines: they are outside the chain"],
  no_final_newline: ["weak", "the last line has no end: its writer may have been interrupted"],
} as const satisfies Record<string, readonly [FindingSeverity, string]>;

export type FindingCode = keyof typeof FINDINGS;

/** What no log of this format can show, however whole it is. */
export const FORMAT_LIMITS: readonly string[] = [
  "`at_signed` is outside the hash and the signature: it can be changed at will",
  "entries that were cut off at the end cannot be missed: nothing says how long the log was",
  "a log that was deleted or begun anew cannot be told from a young one",
  "signatures are HMACs: whoever can check them can forge them",
  "times are what the writer claimed; no monotonic clock, run or writer is recorded",
  "the original verifier accepts entries without a hash, and entries without a signature in a signed log",
];

/** Counts findings, and keeps the first lines of each. */
export class Findings {
  readonly #found = new Map<FindingCode, { count: number; lines: number[] }>();

  add(code: FindingCode, line?: number): void {
    const found = this.#found.get(code) ?? { count: 0, lines: [] };
    found.count += 1;
    if (line !== undefined && found.lines.length < MAX_LINES) found.lines.push(line);
    this.#found.set(code, found);
  }

  has(code: FindingCode): boolean {
    return this.#found.has(code);
  }

  /** Worst first. */
  list(): ImportFinding[] {
    const order = Object.keys(FINDINGS);
    return [...this.#found]
      .map(([code, { count, lines }]) => {
        const [severity, message] = FINDINGS[code];
        return { code, severity, count, lines, message };
      })
      .sort((a, b) => order.indexOf(a.code) - order.indexOf(b.code));
  }
}

/** Rows of the documentation's table: code, severity, meaning. */
export function findingsTable(): string[][] {
  return Object.entries(FINDINGS).map(([code, [severity, message]]) => [`\`${code}\``, severity, message]);
}
