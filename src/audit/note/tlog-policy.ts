import { ReinError } from "../../core/errors.js";
import { nearest } from "../../core/nearest.js";
import { shown } from "./failures.js";
import { parseVkey } from "./keys.js";
import type { NoteVerifier } from "./keys.js";
import { COSIGNATURE_TYPE, ED25519_TYPE, readVkey } from "./vkey.js";

/** Whom to trust (C2SP tlog-policy): which logs may have signed a checkpoint, and which witnesses must have cosigned it. */
export interface TlogPolicy {
  /** A checkpoint of any of them is accepted. Their keys' names are the logs' origins. */
  readonly logs: readonly PolicyLog[];
  readonly witnesses: readonly PolicyWitness[];
  /** In the order of their lines: members are witnesses, or groups before this one. */
  readonly groups: readonly PolicyGroup[];
  /** The witness or group that must have witnessed a checkpoint, or `none`. */
  readonly quorum: string;
}

export interface PolicyLog {
  readonly verifier: NoteVerifier;
  readonly url?: string;
}

export interface PolicyWitness {
  /** A name inside the policy; the name in signatures is `verifier.name`. */
  readonly name: string;
  readonly verifier: NoteVerifier;
  readonly url?: string;
}

export interface PolicyGroup {
  readonly name: string;
  /** How many members make the group a witness, 1 to their number. */
  readonly threshold: number;
  readonly members: readonly string[];
}

export const MAX_POLICY_BYTES = 1 << 20;
/** Logs, witnesses and groups together. */
export const MAX_POLICY_LINES = 1024;

/** The quorum that asks for no witness; cannot name anything else. */
const NONE = "none";
const FORMS: Readonly<Record<string, string>> = {
  log: "log VKEY [URL]",
  witness: "witness NAME VKEY [URL]",
  group: "group NAME all|any|K MEMBER…",
  quorum: "quorum NAME|none",
};

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads a policy: lines `log`, `witness`, `group` and one `quorum`, comments from `#` to the end of a line of their own.
 * @throws ReinError `trust_invalid`, with the number of the line
 */
export function parseTlogPolicy(bytes: Uint8Array | string): TlogPolicy {
  const reader = new PolicyReader();
  textOf(bytes)
    .split("\n")
    .forEach((line, i) => {
      if (CONTROL.test(line)) {
        throw failure(
          i + 1,
          "there is a control character",
          "end lines with a line feed alone, without `\\r`",
        );
      }
      const words = line.split(/[ \t]+/).filter((word) => word !== "");
      if (words[0] !== undefined && !words[0].startsWith("#")) reader.line(i + 1, words);
    });
  return reader.end();
}

// Tab is allowed, and so is everything from 0x80 on, which latin1 makes U+0080 to U+00FF.
const CONTROL = /[\0-\x08\x0a-\x1f\x7f]/;

class PolicyReader {
  readonly #logs: PolicyLog[] = [];
  readonly #witnesses: PolicyWitness[] = [];
  readonly #groups: PolicyGroup[] = [];
  /** Public keys, by what they are for, so that one key under two names does not count twice. */
  readonly #keys = new Map<string, number>();
  /** Lines on which witnesses and groups were defined. */
  readonly #defined = new Map<string, number>();
  /** Lines on which they became a member. */
  readonly #members = new Map<string, number>();
  #quorum: string | undefined;
  #lines = 0;

  line(at: number, [keyword = "", ...rest]: readonly string[]): void {
    if (++this.#lines > MAX_POLICY_LINES) {
      throw failure(at, `the policy has more than ${MAX_POLICY_LINES} definitions`);
    }
    if (keyword === "log") this.#log(at, rest);
    else if (keyword === "witness") this.#witness(at, rest);
    else if (keyword === "group") this.#group(at, rest);
    else if (keyword === "quorum") this.#setQuorum(at, rest);
    else {
      const meant = nearest(keyword, Object.keys(FORMS));
      const help =
        meant === undefined ? `lines are ${Object.values(FORMS).join(", ")}` : `did you mean \`${meant}\`?`;
      throw failure(at, `\`${shown(keyword)}\` is no keyword of a policy`, help);
    }
  }

  end(): TlogPolicy {
    if (this.#quorum === undefined) {
      throw new ReinError("trust_invalid", "the policy has no quorum line", {
        help: "add `quorum NAME`, or `quorum none` to do without witnesses",
      });
    }
    return {
      logs: this.#logs,
      witnesses: this.#witnesses,
      groups: this.#groups,
      quorum: this.#quorum,
    };
  }

  #log(at: number, [vkey, url, ...more]: readonly string[]): void {
    if (vkey === undefined || more.length > 0) throw malformed(at, "log");
    this.#logs.push({
      verifier: this.#key(at, "log", vkey, ED25519_TYPE),
      ...(url !== undefined && { url }),
    });
  }

  #witness(at: number, [name, vkey, url, ...more]: readonly string[]): void {
    if (name === undefined || vkey === undefined || more.length > 0) throw malformed(at, "witness");
    this.#define(at, name);
    const verifier = this.#key(at, "witness", vkey, COSIGNATURE_TYPE);
    this.#witnesses.push({ name, verifier, ...(url !== undefined && { url }) });
  }

  #group(at: number, [name, count, ...members]: readonly string[]): void {
    if (name === undefined || count === undefined || members.length === 0) throw malformed(at, "group");
    const threshold = thresholdOf(at, count, members.length);
    for (const member of members) {
      this.#checkDefined(at, member);
      const before = this.#members.get(member);
      if (before !== undefined) {
        throw failure(
          at,
          `\`${shown(member)}\` is a member already, see line ${before}`,
          "a witness or group can be a member of one group only, else it would count twice",
        );
      }
      this.#members.set(member, at);
    }
    // Only now, so that a group cannot be its own member.
    this.#define(at, name);
    this.#groups.push({ name, threshold, members });
  }

  #setQuorum(at: number, [name, ...more]: readonly string[]): void {
    if (name === undefined || more.length > 0) throw malformed(at, "quorum");
    if (this.#quorum !== undefined) throw failure(at, "there is a quorum line already", "keep one of them");
    if (name !== NONE) this.#checkDefined(at, name);
    this.#quorum = name;
  }

  #define(at: number, name: string): void {
    if (name === NONE) throw failure(at, "`none` is the quorum without witnesses", "choose another name");
    const before = this.#defined.get(name);
    if (before !== undefined) {
      throw failure(at, `the name \`${shown(name)}\` is taken, see line ${before}`, "choose another name");
    }
    this.#defined.set(name, at);
  }

  #checkDefined(at: number, name: string): void {
    if (this.#defined.has(name)) return;
    const meant = nearest(name, [...this.#defined.keys()]);
    throw failure(
      at,
      `no line above defines \`${shown(name)}\``,
      meant === undefined
        ? "define witnesses and groups before they are used"
        : `did you mean \`${shown(meant)}\`?`,
    );
  }

  #key(at: number, use: "log" | "witness", vkey: string, type: number): NoteVerifier {
    const verifier = keyOf(at, vkey);
    if (verifier.type !== type) {
      throw failure(
        at,
        `the key of \`${shown(verifier.name)}\` is not for a ${use}`,
        "logs have keys of type 0x01 (Ed25519), witnesses of type 0x04 (cosignature/v1)",
      );
    }
    const same = `${use} ${Buffer.from(readVkey(vkey).publicKey).toString("hex")}`;
    const before = this.#keys.get(same);
    if (before !== undefined) throw failure(at, `the same key is on line ${before}`, "keep one of the lines");
    this.#keys.set(same, at);
    return verifier;
  }
}

function keyOf(at: number, vkey: string): NoteVerifier {
  try {
    return parseVkey(vkey);
  } catch (cause) {
    if (!ReinError.isInstance(cause)) throw cause;
    throw new ReinError("trust_invalid", `line ${at} of the policy: ${cause.message}`, {
      cause,
      help: cause.help,
    });
  }
}

function thresholdOf(at: number, count: string, members: number): number {
  if (count === "all") return members;
  if (count === "any") return 1;
  const threshold = /^[1-9][0-9]{0,9}$/.test(count) ? Number(count) : 0;
  if (threshold >= 1 && threshold <= members) return threshold;
  throw failure(
    at,
    `\`${shown(count)}\` of ${members} members cannot be`,
    `write all, any or 1 to ${members}`,
  );
}

function malformed(at: number, keyword: string): ReinError {
  return failure(at, `a ${keyword} line has another form`, `write \`${FORMS[keyword] ?? keyword}\``);
}

function failure(at: number, message: string, help?: string): ReinError {
  return new ReinError("trust_invalid", `line ${at} of the policy: ${message}`, { help });
}

/** Names are octets: both ways to read them keep different octets different. */
function textOf(bytes: Uint8Array | string): string {
  const size = typeof bytes === "string" ? bytes.length : bytes.byteLength;
  if (size > MAX_POLICY_BYTES) {
    throw new ReinError("trust_invalid", `the policy has ${size} bytes; the most is ${MAX_POLICY_BYTES}`);
  }
  if (typeof bytes === "string") return bytes;
  try {
    return utf8.decode(bytes);
  } catch {
    return Buffer.from(bytes).toString("latin1");
  }
}
