import { DOMAINS } from "../attack.js";
import type { Domain } from "../attack.js";
import type { Work } from "../work.js";
import { CODING } from "./coding.js";
import type { WorkKind } from "./kind.js";
import { workOf } from "./kind.js";
import { LLM } from "./llm.js";
import { MAIL } from "./mail.js";
import { OPS } from "./ops.js";
import { TRADING } from "./trading.js";
import { WEB } from "./web.js";

export { recordedWork } from "./recorded.js";

export interface WorksOptions {
  readonly seed: number;
  /** Sessions of each domain; one of each kind when absent. */
  readonly sessions?: number | undefined;
}

const KINDS: Readonly<Record<Domain, readonly WorkKind[]>> = {
  llm: LLM,
  mail: MAIL,
  trading: TRADING,
  coding: CODING,
  ops: OPS,
  web: WEB,
};

/** Honest sessions of these domains, each kind in turn, no two of them alike; the same ones for the same seed. */
export function worksFor(domains: readonly Domain[], { seed, sessions }: WorksOptions): readonly Work[] {
  return domains.flatMap((domain) => {
    const kinds = KINDS[domain];
    return Array.from({ length: sessions ?? kinds.length }, (_, i) =>
      workOf(kinds[i % kinds.length]!, seedOf(seed, DOMAINS.indexOf(domain), i)),
    );
  });
}

/** A seed for each session, so that neighbouring seeds share none (the finalizer of murmur3 by Austin Appleby). */
function seedOf(seed: number, domain: number, session: number): number {
  let hash =
    Math.imul(seed, 0x9e3779b1) ^ Math.imul(domain + 1, 0x85ebca77) ^ Math.imul(session + 1, 0xc2b2ae3d);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
