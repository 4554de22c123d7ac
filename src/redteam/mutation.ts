import type { Attack, Owasp } from "./attack.js";

/** What goes wrong around the governor while an attack runs. */
export interface Environment {
  /** How far the wall clock is off, in ms, so many virtual ms after the beginning; the monotonic clock is right. */
  readonly clockSkew?: (atMs: number) => number;
  /** The governor's process dies without closing after every so many moves, and another goes on with its state. */
  readonly crashEveryMoves?: number;
  /** State is kept in memory; after so many moves nothing can be written there any more. Not with `editsStateAfterMoves`. */
  readonly deadStoreAfterMoves?: number;
  /** State is kept in files; after so many moves the agent writes into them, and the governor is started again. Not with `deadStoreAfterMoves`. */
  readonly editsStateAfterMoves?: number;
  /** The governor follows a policy file, which an act with the deed {@link POLICY_EMPTIED} leaves empty. */
  readonly followsPolicyFile?: true;
}

/** What an act does that writes nothing over the policy. */
export const POLICY_EMPTIED = "policyEmptied";

/** A way to carry out any attack differently, so that it may get past rules that stop it as it is. */
export interface Mutation {
  /** In kebab-case, and unique. */
  readonly id: string;
  readonly title: string;
  readonly owasp: readonly Owasp[];
  /** The attack as it is then carried out; its damage is counted as before. */
  readonly apply: (attack: Attack) => Attack;
  readonly environment?: Environment;
}
