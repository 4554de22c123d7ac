import { parseCheckpoint } from "./checkpoint.js";
import type { Checkpoint } from "./checkpoint.js";
import { cosignatureTime } from "./cosignature.js";
import { verifiedSignatures } from "./note.js";
import type { SignedNote } from "./note.js";
import type { PolicyLog, PolicyWitness, TlogPolicy } from "./tlog-policy.js";

/** What a policy says of a checkpoint. */
export interface TrustVerdict {
  readonly checkpoint: Checkpoint;
  /** Which of the policy's logs signed it, under the name that is its origin; undefined when none did. */
  readonly log: PolicyLog | undefined;
  /** Who cosigned it, in the order of the policy. */
  readonly witnesses: readonly Cosigned[];
  /** `none`: the policy asks for no witness. `missed`: too few of them cosigned. */
  readonly quorum: "reached" | "missed" | "none";
  /** Times of the first and the last of `witnesses`, seconds since 1970; undefined when there are none. */
  readonly earliest: number | undefined;
  readonly latest: number | undefined;
}

export interface Cosigned {
  readonly witness: PolicyWitness;
  /** When, in seconds since 1970, as the witness says; its newest when it cosigned several times. */
  readonly time: number;
}

/**
 * Judges a signed checkpoint by a policy. The checkpoint is to be trusted when `log` is there and `quorum` is not
 * `missed`.
 * @throws ReinError `note_invalid` when the text is no checkpoint, or a signature of one of the policy's keys is wrong
 */
export function evaluateTlogPolicy(policy: TlogPolicy, note: SignedNote): TrustVerdict {
  const checkpoint = parseCheckpoint(note.text);
  const verifiers = [...policy.logs, ...policy.witnesses].map(({ verifier }) => verifier);
  const verified = verifiedSignatures(note, verifiers);

  const log = policy.logs.find(
    ({ verifier }) =>
      verifier.name === checkpoint.origin && verified.some((one) => one.verifier === verifier),
  );
  const witnesses = policy.witnesses.flatMap((witness): Cosigned[] => {
    const times = verified
      .filter(({ verifier }) => verifier === witness.verifier)
      .map(({ signature }) => cosignatureTime(signature) ?? 0);
    return times.length === 0 ? [] : [{ witness, time: Math.max(...times) }];
  });
  const times = witnesses.map(({ time }) => time);
  return {
    checkpoint,
    log,
    witnesses,
    quorum: quorumOf(policy, witnesses),
    earliest: times.length === 0 ? undefined : Math.min(...times),
    latest: times.length === 0 ? undefined : Math.max(...times),
  };
}

function quorumOf(policy: TlogPolicy, cosigned: readonly Cosigned[]): TrustVerdict["quorum"] {
  if (policy.quorum === "none") return "none";
  const witnessed = new Set(cosigned.map(({ witness }) => witness.name));
  // Members are defined before their group, so one pass is enough however deep groups are in each other.
  for (const { name, threshold, members } of policy.groups) {
    if (members.filter((member) => witnessed.has(member)).length >= threshold) witnessed.add(name);
  }
  return witnessed.has(policy.quorum) ? "reached" : "missed";
}
