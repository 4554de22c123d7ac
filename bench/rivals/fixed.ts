import { VirtualClock } from "../../src/redteam/virtual-clock.js";
import type { Act, Answer, Contestant, Gate } from "./contestant.js";
import { START_AT } from "./internals.js";
import { fixedRules } from "./packs.js";

/**
 * The pack's fixed rules and nothing else: what every contestant that takes a function was given, so that the rest of
 * its row is its own.
 */
export const FIXED_RULES: Contestant = {
  id: "fixed-rules",
  name: "the pack's fixed rules alone",
  version: "",
  async open({ domain }): Promise<Gate> {
    const clock = new VirtualClock(START_AT);
    const verdict = await fixedRules(domain, clock);
    const approved = new Set<string>();
    const answer = (act: Act): Answer => {
      const said = verdict(act);
      const approvalId = JSON.stringify(act.action);
      if (said === "allow" || (said === "ask" && approved.delete(approvalId)))
        return { allowed: true, end: async () => null };
      const stop = { code: said, message: said, retryable: false };
      return { allowed: false, stop: said === "ask" ? { ...stop, approvalId } : stop };
    };
    return {
      ask: async (acts) => acts.map(answer),
      moveTo: (atMs) => clock.moveTo(START_AT + atMs),
      approve: async (id) => approved.add(id).has(id),
      crash: async () => undefined,
      close: async () => undefined,
    };
  },
};
