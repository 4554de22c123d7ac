/**
 * Values beside the log: leaves commit to them, the vault keeps them, and erasing them changes no leaf. See
 * docs/privacy.md.
 */
export { checkVault, VaultCheck } from "./check-vault.js";
export type { VaultCheckOptions, VaultMismatch, VaultReport } from "./check-vault.js";
export { commitmentOf, isCommitment, SaltPool } from "./commitment.js";
export type { Commitment, Salt } from "./commitment.js";
export { disclose } from "./disclose.js";
export type { DiscloseOptions, Disclosure, FieldVerdict } from "./disclose.js";
export { erase } from "./erase.js";
export type { AppendToLog, EraseOptions, EraseResult, EraseTarget, RedactedRecord } from "./erase.js";
export { readErasure, Redactions } from "./erasure.js";
export type { Erasure, Redaction } from "./erasure.js";
export { keptFields, keptPath } from "./kept-path.js";
export type { KeptField } from "./kept-path.js";
export { layHold, readHold, releaseHold, releaseRecord } from "./legal-hold.js";
export type { HoldRecord, LegalHold } from "./legal-hold.js";
export { recoverVault } from "./recover-vault.js";
export { Vault } from "./vault.js";
export type { KeptValue, VaultOptions } from "./vault.js";
export { listVault, MAX_VALUE_LENGTH, vaultPath } from "./vault-lines.js";
export type { Place } from "./vault-lines.js";
