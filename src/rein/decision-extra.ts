import type { DecisionExtra } from "../audit/index.js";
import type { AskDetails, Engine, Ticket } from "../engine/index.js";

/**
 * What a record of a decision holds besides what all have; null: nothing.
 *
 * @param args pseudonym of the arguments
 * @param kept commitments to values that are kept
 */
export function extraOf(
  { details, refusal, wouldBlock }: Ticket,
  args: string | null,
  kept: object | null,
  { tests }: Engine["world"],
): DecisionExtra | null {
  if (details === null && refusal === null && wouldBlock === null && args === null && kept === null)
    return null;
  const { tags, facts, bind } = details ?? NO_DETAILS;
  return {
    ...(tags !== null && { tags }),
    ...(facts !== null && {
      facts: {
        true: facts.filter((id) => id >= 0).map((id) => tests[id]!.key),
        unknown: facts.filter((id) => id < 0).map((id) => tests[~id]!.key),
      },
    }),
    ...(bind !== null && { bind }),
    ...(args !== null && { args }),
    ...(kept !== null && { kept }),
    ...(refusal !== null && { code: refusal.code }),
    ...(refusal?.rule !== undefined && { rule: refusal.rule }),
    ...(wouldBlock !== null && { wouldCode: wouldBlock.code }),
    ...(wouldBlock?.rule !== undefined && { wouldRule: wouldBlock.rule }),
  };
}

const NO_DETAILS: AskDetails = { tags: null, facts: null, bind: null, args: null };
