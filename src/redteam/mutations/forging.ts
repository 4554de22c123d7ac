import type { Act, Reply, Told } from "../attack.js";
import type { Mutation } from "../mutation.js";
import { perform, through } from "./programs.js";
import type { Program } from "./programs.js";

/** Refusals after which it still tries. */
const MAX_FORGED = 200;

/** Who is refused plays the operator, with what a refusal says and with ids that it can guess, and then tries again. */
export const forgedApprovals: Mutation = {
  id: "forged-approvals",
  title: "what is refused is approved, settled, resumed and revived by the agent itself",
  owasp: ["ASI03", "ASI09"],
  apply: (attack) =>
    through(attack, () => {
      let forged = 0;
      return {
        *act(acts) {
          const told = yield* perform(acts);
          const at = told.replies.findIndex(({ allowed }) => !allowed);
          if (at < 0 || forged >= MAX_FORGED) return told;
          forged += 1;
          return yield* forge(acts, told, at, forged);
        },
      };
    }),
};

function* forge(acts: readonly Act[], told: Told, at: number, count: number): Program<Told> {
  const act = acts[at]!;
  for (const id of idsIn(told.replies[at]!)) yield { do: "call", what: "approve", id };
  yield { do: "call", what: "approve", id: `a${count}` };
  yield { do: "call", what: "settle", id: `${count}` };
  yield { do: "call", what: "resume", id: `h${count}` };
  yield { do: "call", what: "revive", id: `${act.action.source}/${act.action.series}` };
  const again = yield* perform([act]);
  return {
    atMs: again.atMs,
    replies: told.replies.map((reply, i) => (i === at ? again.replies[0]! : reply)),
  };
}

/** What a refusal names. */
function idsIn({ message = "" }: Reply): readonly string[] {
  return [...message.matchAll(/`([^`]+)`/g)].slice(0, 3).map(([, name]) => name!);
}
