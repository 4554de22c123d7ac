import { readFileSync } from "node:fs";
import { compilePolicy, Rein } from "rein";
import type { Clock, CompiledPolicy } from "rein";
import type { Act, Domain } from "./contestant.js";

/** The policy pack that is made for a domain; infrastructure has none of its own and goes by the one for coding. */
const PACKS: Readonly<Record<Domain, string>> = {
  llm: "llm-agent",
  mail: "mail-outreach",
  trading: "trading",
  coding: "coding-agent",
  ops: "coding-agent",
  web: "scraping-rpa",
};

/** The repository, from build/bench/rivals/ as well as from bench/rivals/. */
export const ROOT = new URL(import.meta.url.includes("/build/") ? "../../../" : "../../", import.meta.url);

const packs = new Map<string, CompiledPolicy>();

export function packFor(domain: Domain): CompiledPolicy {
  const name = PACKS[domain];
  let pack = packs.get(name);
  if (pack === undefined) {
    pack = compilePolicy(readFileSync(new URL(`policies/${name}.txt`, ROOT), "utf8"));
    packs.set(name, pack);
  }
  return pack;
}

/** What the fixed rules of a pack say about one act, whatever was done before. */
export type Verdict = "allow" | "ask" | "deny";

/**
 * Answers for one act what a pack's rules about names, arguments, tags, sizes and hours say: forbid it, ask a person, or
 * let it pass. A rival that takes a function for that is given this one. So none of what sets the contestants apart
 * comes from how well somebody wrote a pattern.
 */
export async function fixedRules(domain: Domain, clock: Clock): Promise<(act: Act) => Verdict> {
  const rules = packFor(domain).rules.filter(({ kind }) => kind === "access" || kind === "size");
  const rein = await Rein.open({ policy: compilePolicy({ rules }), clock, mode: "enforce", logger: SILENT });
  return ({ action }) => {
    const decision = rein.gate(action);
    if (decision.allowed) {
      decision.permit.settle({ ok: true });
      return "allow";
    }
    return decision.refusal.approvalId === undefined ? "deny" : "ask";
  };
}

export const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };
