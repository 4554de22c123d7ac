import type { Trust, Verdict } from "./verdict.js";

/** What a verdict does not say, in sentences; never none. */
export function notCovered(verdict: Omit<Verdict, "notCovered" | "summary">): string[] {
  const { trust, tail, log, ending, checked, verifiedAt } = verdict;
  const sentences: string[] = [];
  if (log?.keyFrom === "log") {
    sentences.push(
      "the key comes from the log itself: whoever replaced the whole log replaced it, too; give the key that you know with --vkey or --policy",
    );
  }
  sentences.push(...rewriting(trust, verdict.size));
  if (tail.records > 0) {
    sentences.push(
      `the last ${many(tail.records, "record")} ${tail.records === 1 ? "is" : "are"} not signed yet (${seconds(tail.exposureSeconds)}): who can write to the directory can change or remove them unseen`,
    );
  }
  if (tail.tornBytes > 0) {
    sentences.push(
      `the last ${many(tail.tornBytes, "byte")} are no whole record (a crash, or a write that is under way) and do not count`,
    );
  }
  if (ending.state === "open" && ending.at !== null) {
    const age = Math.max(0, Math.round((verifiedAt - ending.at) / 1000));
    sentences.push(
      `the log was not closed, and its last record is ${seconds(age)} old: it is being written, or its process died, or what followed was removed with its checkpoints`,
    );
  }
  if (checked.removed > 0)
    sentences.push(
      `of ${many(checked.removed, "record")} that retention removed, only the hashes are left and were checked`,
    );
  if (checked.skipped > 0) {
    sentences.push(
      `the ${many(checked.skipped, "record")} before the kept checkpoint were not read again; that they are the same follows from its root, what is in them was not looked at`,
    );
  }
  if (checked.removed > 0 || checked.skipped > 0)
    sentences.push(
      "the seals of epochs that ended in those records, and of the one after them, were not checked",
    );
  sentences.push(
    "what was never recorded: a program that controls the process or holds the key can leave out or invent new records",
  );
  return sentences;
}

function rewriting(
  { level, witnessedSize, exposureSeconds, headSize, anchors }: Trust,
  size: number,
): string[] {
  if (level === "witnessed") {
    const beyond = size - witnessedSize;
    if (beyond <= 0) return [];
    return [
      `witnessed up to record ${witnessedSize - 1}: for the ${many(beyond, "record")} behind it (${seconds(exposureSeconds ?? 0)}), whoever has the key can still show others something else`,
    ];
  }
  const selfSigned = "self-signed only: whoever has the key can rewrite everything";
  const outside =
    "truncation, rollback and forks are only seen against a head, an anchor or a witness that is kept outside";
  if (headSize !== null && headSize > 0) {
    const behind = size - headSize;
    if (behind <= 0) return [];
    return [
      `it goes on from the head that you kept of ${many(headSize, "record")}; the ${many(behind, "record")} behind it are self-signed only: whoever has the key can rewrite them`,
    ];
  }
  if (anchors.length > 0) {
    const largest = Math.max(...anchors.map((anchor) => anchor.size));
    return [
      selfSigned,
      `${outside}; the log's own receipts speak of anchors up to record ${largest - 1}, and \`rein audit anchor verify\` checks them against what is outside`,
    ];
  }
  return [selfSigned, outside];
}

/** "1 record", "2,000 records". */
export function many(n: number, noun: string): string {
  return `${n.toLocaleString("en-US")} ${noun}${n === 1 ? "" : "s"}`;
}

/** "12 s", "3 h 5 min", for people. */
export function seconds(value: number): string {
  const whole = Math.max(0, Math.round(value));
  if (whole < 120) return `${whole} s`;
  if (whole < 7200) return `${Math.round(whole / 60)} min`;
  return whole < 172_800 ? `${Math.round(whole / 3600)} h` : `${Math.round(whole / 86_400)} days`;
}
