import type { Disk } from "../../core/disk.js";
import { logPlaces, notAFile, segmentPath } from "../log/layout.js";
import { LineReader } from "../log/lines.js";
import { parseVkey } from "../note/index.js";
import type { NoteVerifier } from "../note/index.js";
import type { Findings } from "./findings.js";
import { fileAt, shortText, smallFile } from "./places.js";
import type { SegmentPlan } from "./segment-plan.js";
import type { LogFacts, Place } from "./verdict.js";

/** Which log this is, and whose key signs it. */
export interface Identity {
  readonly facts: LogFacts;
  readonly verifier: NoteVerifier;
}

/** A key that was given by whoever checks. */
export interface TrustedKey {
  readonly verifier: NoteVerifier;
  readonly from: "given" | "policy";
}

const LOG_KEY_TYPE = 0x01;
const FORMAT = 1;

/**
 * Finds out which log this is. A key that was given counts; without one, the log's first record says it, and nobody
 * else does.
 */
export function identify(
  disk: Disk,
  dir: string,
  plan: readonly SegmentPlan[],
  trusted: readonly TrustedKey[],
  findings: Findings,
  warnings: Findings,
): Identity | null {
  const genesis = plan[0]?.first === 0 && !plan[0].isRemoved ? firstLine(disk, dir) : undefined;
  const place: Place = { ...fileAt(dir, segmentPath(dir, 0)), line: 1, index: 0, byte: 0 };
  const said = genesis?.["type"] === "log.begin" ? genesis : undefined;
  const own = said === undefined ? undefined : keyOf(said["vkey"]);
  if (said !== undefined) checkGenesis(said, own, place, findings);
  const file = vkeyFile(disk, dir, own, findings, warnings);
  const claimed = own ?? file;
  const given = trusted.find(({ verifier }) => verifier.vkey === claimed?.vkey) ?? trusted[0];
  if (given !== undefined && claimed !== undefined && given.verifier.vkey !== claimed.vkey) {
    findings.add(
      "other_key",
      `the log says that it is signed by \`${claimed.vkey}\`, and ${given.from === "policy" ? "the policy trusts" : "the key given is"} \`${given.verifier.vkey}\``,
      said === undefined ? null : place,
    );
  }
  const verifier = given?.verifier ?? claimed;
  if (verifier === undefined) {
    // Nothing was ever written: there is nothing that could be signed.
    if (plan.length === 0 && !hasNotes(disk, dir)) return null;
    findings.add(
      "no_key",
      "neither the first record nor the file `vkey` says by which key this log is signed",
      place,
    );
    return null;
  }
  return { verifier, facts: factsOf(verifier, given?.from ?? "log", said) };
}

function factsOf(
  verifier: NoteVerifier,
  keyFrom: LogFacts["keyFrom"],
  said: Readonly<Record<string, unknown>> | undefined,
): LogFacts {
  const at = said?.["at"];
  const software = said?.["software"];
  const previous = (said?.["previous"] ?? null) as Readonly<Record<string, unknown>> | null;
  return {
    origin: verifier.name,
    vkey: verifier.vkey,
    keyFrom,
    begunAt: typeof at === "number" ? at : null,
    software: typeof software === "string" ? software : null,
    previous:
      previous === null
        ? null
        : {
            origin: shortText(previous["origin"] ?? "unknown"),
            size: typeof previous["size"] === "number" ? previous["size"] : 0,
            reason: shortText(previous["reason"] ?? "it does not say"),
          },
  };
}

function checkGenesis(
  { origin, format }: Readonly<Record<string, unknown>>,
  key: NoteVerifier | undefined,
  place: Place,
  findings: Findings,
): void {
  if (key === undefined)
    findings.add("begin_wrong", "the first record has no key that could sign a log", place);
  else if (key.name !== origin) {
    findings.add(
      "begin_wrong",
      `the first record names the log \`${shortText(origin)}\`, and its key \`${shortText(key.name)}\``,
      place,
    );
  }
  if (format !== FORMAT)
    findings.add(
      "begin_wrong",
      `the log is in format ${shortText(format)}, and this program knows ${FORMAT}`,
      place,
    );
}

function vkeyFile(
  disk: Disk,
  dir: string,
  own: NoteVerifier | undefined,
  findings: Findings,
  warnings: Findings,
): NoteVerifier | undefined {
  const path = logPlaces(dir).vkey;
  const { text, problem } = smallFile(disk, path, 8192);
  if (text === undefined) {
    warnings.add(
      "vkey_missing",
      `\`vkey\` ${problem ?? "is missing"}; the first record says the key, too`,
      fileAt(dir, path),
    );
    return undefined;
  }
  const key = keyOf(text.trim());
  if (key === undefined || (own !== undefined && own.vkey !== key.vkey)) {
    const why = key === undefined ? "is no verifier key" : "is another key than the one in the first record";
    findings.add("vkey_wrong", `\`vkey\` ${why}`, fileAt(dir, path));
    return undefined;
  }
  return key;
}

function keyOf(vkey: unknown): NoteVerifier | undefined {
  try {
    const key = parseVkey(typeof vkey === "string" ? vkey : "");
    return key.type === LOG_KEY_TYPE ? key : undefined;
  } catch {
    return undefined;
  }
}

function hasNotes(disk: Disk, dir: string): boolean {
  const { checkpoint, checkpoints } = logPlaces(dir);
  return [checkpoint, checkpoints].some((path) => {
    const { text, problem } = smallFile(disk, path, 0);
    return problem !== undefined || (text ?? "") !== "";
  });
}

function firstLine(disk: Disk, dir: string): Readonly<Record<string, unknown>> | undefined {
  try {
    // A pipe would have us wait for ever.
    if (notAFile(disk, segmentPath(dir, 0)) !== undefined) return undefined;
    const file = disk.openToRead(segmentPath(dir, 0));
    try {
      const line = new LineReader(file).next();
      const value: unknown = line === undefined ? undefined : JSON.parse(line.toString());
      return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
    } finally {
      file.close();
    }
  } catch {
    // Whatever it is, the pass over all lines says it.
    return undefined;
  }
}
