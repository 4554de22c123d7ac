import type { Answer, Contestant, Gate } from "./contestant.js";

/** Lets everything through: contains nothing, and all honest work is done. */
export const NOTHING: Contestant = {
  id: "nothing",
  name: "nothing in the way",
  version: "",
  open: async () => always({ allowed: true, end: async () => null }),
};

/** Refuses everything: contains everything, and no honest work is done. */
export const REFUSE_ALL: Contestant = {
  id: "refuse-all",
  name: "refuse everything",
  version: "",
  open: async () =>
    always({ allowed: false, stop: { code: "denied", message: "everything is refused", retryable: false } }),
};

function always(answer: Answer): Gate {
  return {
    ask: async (acts) => acts.map(() => answer),
    moveTo: () => undefined,
    crash: async () => undefined,
    close: async () => undefined,
  };
}
