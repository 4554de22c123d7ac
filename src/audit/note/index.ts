/**
 * Signed notes and what is made of them (C2SP): verifier keys, checkpoints, cosignatures.
 */
export { ed25519Signer, isKeyName, parseVkey } from "./keys.js";
export type { NoteSigner, NoteVerifier } from "./keys.js";
export { COSIGNATURE_TYPE, ED25519_TYPE } from "./vkey.js";
export {
  formatNote,
  formatSignatureLines,
  MAX_NOTE_BYTES,
  MAX_NOTE_SIGNATURES,
  parseNote,
  parseSignatureLines,
  signNote,
  verifiedBy,
  verifiedSignatures,
} from "./note.js";
export type { NoteSignature, SignedNote, VerifiedSignature } from "./note.js";
export { formatCheckpoint, parseCheckpoint } from "./checkpoint.js";
export type { Checkpoint } from "./checkpoint.js";
export { cosignatureSigner, cosignatureTime } from "./cosignature.js";
export { MAX_POLICY_BYTES, parseTlogPolicy } from "./tlog-policy.js";
export type { PolicyGroup, PolicyLog, PolicyWitness, TlogPolicy } from "./tlog-policy.js";
export { evaluateTlogPolicy } from "./trust.js";
export type { Cosigned, TrustVerdict } from "./trust.js";
export { formatTlogProof, MAX_PROOF_BYTES, parseTlogProof, verifyTlogProof } from "./tlog-proof.js";
export type { TlogProof, VerifiedProof } from "./tlog-proof.js";
