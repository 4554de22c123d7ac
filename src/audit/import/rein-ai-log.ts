import { createHmac, hash, timingSafeEqual } from "node:crypto";
import { Findings } from "./findings.js";
import type { FindingCode, ImportFinding } from "./findings.js";
import { parsePythonJson, pythonJson } from "./python-json.js";
import type { PythonValue } from "./python-json.js";

/**
 * The audit log of the Python package rein-ai (1.1), as its behaviour shows it: one JSON object a line, written with
 * sorted keys, no spaces, ASCII only. `hash` is SHA-256 over the hash of the entry before (64 zeros for the first), a
 * line end, and the entry without `at_signed`, `hash`, `prev_hash` and `sig`; `sig` is the HMAC-SHA256 of the same
 * text, or null.
 */
const GENESIS = "0".repeat(64);
const OUTSIDE: ReadonlySet<string> = new Set(["at_signed", "hash", "prev_hash", "sig"]);
const HEX = /^[0-9a-f]{64}$/;

/** What Python's `strip` takes away at both ends. */
const SPACES = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+";
const PYTHON_SPACE = new RegExp(`^${SPACES}|${SPACES}$`, "g");

/** How far back an entry that continues an earlier one is looked for. */
const REMEMBERED = 10_000;
/** Clocks are set by a little all the time. */
const BACKWARDS_SECONDS = 0.5;

/** What the original proves. */
export type ImportVerdict = "signatures_verified" | "chain_verified" | "doubtful" | "broken";

export interface OriginalReport {
  readonly verdict: ImportVerdict;
  /** Lines, blank ones included. */
  readonly lines: number;
  /** Lines that are JSON. */
  readonly entries: number;
  /** Entries whose hash fits, and continue the one before. */
  readonly chained: number;
  readonly signed: number;
  /** Signatures that were checked with the key, and fit; null without a key. */
  readonly signaturesVerified: number | null;
  /** What the package's own verifier says; null where it would crash. */
  readonly itsOwnVerdict: boolean | null;
  readonly lastHash: string | null;
  readonly findings: readonly ImportFinding[];
}

/** Checks a log line by line, and goes on behind what is wrong. */
export class ReinAiLog {
  readonly #key: Uint8Array | string | undefined;
  readonly #findings = new Findings();
  /** Hash that the next entry must continue; undefined: whatever it continues, for the ones before are unknown. */
  #before = GENESIS;
  readonly #recent = new Map<string, number>();
  #lines = 0;
  #entries = 0;
  #chained = 0;
  #signed = 0;
  #verified = 0;
  readonly #unsigned: number[] = [];
  #unsignedCount = 0;
  #at = -Infinity;
  #last: string | null = null;
  /** Where the package's own verifier stops first: it says no, or it dies of an exception. */
  #ownEnd: "no" | "dies" | undefined;
  #isText = true;

  /** @param key the signing key; without one, signatures are counted and not checked */
  constructor(key?: Uint8Array | string) {
    this.#key = key;
  }

  /** @param text a line without its end; undefined when it is not UTF-8 */
  take(text: string | undefined): void {
    const number = (this.#lines += 1);
    if (text === undefined) {
      // It reads ahead, and dies before it has looked at the lines before.
      this.#isText = false;
      return this.#findings.add("not_utf8", number);
    }
    const stripped = text.replace(PYTHON_SPACE, "");
    if (stripped === "") return this.#findings.add("blank_line", number);
    const json = parsePythonJson(stripped);
    if (json === undefined) return this.#broken("malformed", number);
    this.#entries += 1;
    if (json.repeatedKeys.length > 0) this.#findings.add("repeated_key", number);
    if (pythonJson(json.value) !== text.replace(/\r$/, "")) this.#findings.add("rewritten", number);
    const { value } = json;
    // It asks whether `hash` is in the value, whatever that is.
    if (value.kind === "atom" || (value.kind === "string" && value.text.includes("hash")))
      this.#ownEnd ??= "dies";
    if (value.kind !== "object" || !value.fields.has("hash")) return this.#findings.add("unhashed", number);
    this.#check(value.fields, number);
  }

  /** @param isTorn the file does not end with the end of a line */
  end(isTorn: boolean): OriginalReport {
    const findings = this.#findings;
    if (this.#chained === 0 && this.#last === null) findings.add("no_entries");
    if (this.#signed === 0 && this.#last !== null) findings.add("unsigned");
    if (this.#signed > 0) {
      for (let i = 0; i < this.#unsignedCount; i++)
        findings.add("unsigned_between_signed", this.#unsigned[i]);
      if (this.#key === undefined)
        for (let i = 0; i < this.#signed; i++) findings.add("signatures_unchecked");
    }
    const list = findings.list();
    // A line that is cut off is malformed because of that.
    if (isTorn)
      findings.add(this.#isMalformed(this.#lines, list) ? "torn_end" : "no_final_newline", this.#lines);
    return {
      verdict: this.#verdict(findings.list()),
      lines: this.#lines,
      entries: this.#entries,
      chained: this.#chained,
      signed: this.#signed,
      signaturesVerified: this.#key === undefined ? null : this.#verified,
      itsOwnVerdict: !this.#isText || this.#ownEnd === "dies" ? null : this.#ownEnd === undefined,
      lastHash: this.#last,
      findings: findings.list(),
    };
  }

  #isMalformed(line: number, list: readonly ImportFinding[]): boolean {
    return list.some(
      ({ code, lines, count }) => code === "malformed" && (lines.includes(line) || count > lines.length),
    );
  }

  #verdict(list: readonly ImportFinding[]): ImportVerdict {
    if (list.some(({ severity }) => severity === "broken")) return "broken";
    if (list.some(({ severity }) => severity === "doubtful")) return "doubtful";
    return this.#signed > 0 && this.#verified === this.#signed ? "signatures_verified" : "chain_verified";
  }

  #check(fields: ReadonlyMap<string, PythonValue>, number: number): void {
    const prev = textOf(fields.get("prev_hash")) ?? "";
    const own = textOf(fields.get("hash")) ?? "";
    const payload = new Map([...fields].filter(([name]) => !OUTSIDE.has(name)));
    const message = `${prev}\n${pythonJson({ kind: "object", fields: payload })}`;
    const isContinued = this.#continues(prev, number);
    const isWhole = hash("sha256", message, "hex") === own;
    if (!isWhole) this.#broken("hash_mismatch", number);
    if (isContinued && isWhole) this.#chained += 1;
    this.#checkSignature(fields.get("sig"), message, number);
    this.#checkTime(fields.get("at"), number);
    this.#remember(own, number);
  }

  #continues(prev: string, number: number): boolean {
    if (prev === this.#before) return true;
    if (this.#last === null) this.#broken("beginning_missing", number);
    else if (prev === GENESIS) this.#broken("restarted", number);
    else this.#broken(this.#recent.has(prev) ? "forked" : "chain_broken", number);
    return false;
  }

  #checkSignature(sig: PythonValue | undefined, message: string, number: number): void {
    const text = textOf(sig);
    if (sig === undefined || text === "" || (sig.kind === "atom" && sig.text === "null")) {
      this.#unsignedCount += 1;
      if (this.#unsigned.length < REMEMBERED) this.#unsigned.push(number);
      return;
    }
    this.#signed += 1;
    const isSound = text !== undefined && HEX.test(text);
    if (this.#key === undefined) {
      if (!isSound) this.#findings.add("signature_malformed", number);
      return;
    }
    const expected = createHmac("sha256", this.#key).update(message).digest();
    if (isSound && timingSafeEqual(expected, Buffer.from(text, "hex"))) this.#verified += 1;
    else this.#broken("signature_mismatch", number);
  }

  #broken(code: FindingCode, number: number): void {
    this.#findings.add(code, number);
    this.#ownEnd ??= "no";
  }

  #checkTime(at: PythonValue | undefined, number: number): void {
    const seconds = at?.kind === "atom" ? at.number : undefined;
    if (seconds === undefined || !Number.isFinite(seconds)) return;
    if (seconds < this.#at - BACKWARDS_SECONDS) this.#findings.add("time_backwards", number);
    this.#at = seconds;
  }

  #remember(own: string, number: number): void {
    this.#before = own;
    this.#last = own;
    this.#recent.set(own, number);
    if (this.#recent.size > REMEMBERED) this.#recent.delete(this.#recent.keys().next().value!);
  }
}

function textOf(value: PythonValue | undefined): string | undefined {
  return value?.kind === "string" ? value.text : undefined;
}

/** Wall time of an entry in ms, where it says one. */
export function entryTime(text: string): number | undefined {
  const value = parsePythonJson(text.replace(PYTHON_SPACE, ""))?.value;
  const at = value?.kind === "object" ? value.fields.get("at") : undefined;
  const ms = at?.kind === "atom" && at.number !== undefined ? Math.round(at.number * 1000) : NaN;
  return Number.isSafeInteger(ms) ? ms : undefined;
}
