/*
 * What one regime has shown of success: a memory of about fifty outcomes and one of about five, and how much to believe
 * the short one. In a regime that is rare, longer memories would let old outcomes outvote new ones for months.
 */

/** Doubles of a memory: outcomes and successes of the long one, of the short one, belief in the short one. */
const COUNT = 0;
const OKS = 1;
const SHORT_COUNT = 2;
const SHORT_OKS = 3;
const BELIEF = 4;

const LONG = 0.98;
const SHORT = 0.8;
/** Belief that moves between the two at every outcome. */
const SHARE = 0.01;

/** Learns one outcome. */
export function learnSlice(s: number[], at: number, ok: boolean): void {
  const count = s[at + COUNT]!;
  const oks = s[at + OKS]!;
  const shortCount = s[at + SHORT_COUNT]!;
  const shortOks = s[at + SHORT_OKS]!;
  const one = ok ? 1 : 0;
  s[at + COUNT] = count * LONG + 1;
  s[at + OKS] = oks * LONG + one;
  s[at + SHORT_COUNT] = shortCount * SHORT + 1;
  s[at + SHORT_OKS] = shortOks * SHORT + one;
  const long = (oks + 0.5) / (count + 1);
  const short = (shortOks + 0.5) / (shortCount + 1);
  const before = s[at + BELIEF]!;
  const belief = before * (ok ? short : 1 - short);
  const other = (1 - before) * (ok ? long : 1 - long);
  s[at + BELIEF] = (belief / (belief + other)) * (1 - SHARE) + SHARE / 2;
}

/** Anything happened in this regime that is not forgotten. */
export function knowsSlice(s: number[], at: number): boolean {
  return s[at + COUNT]! > 0;
}

/** Outcomes that are believed in. */
export function sliceCount(s: number[], at: number): number {
  const belief = s[at + BELIEF]!;
  return (1 - belief) * s[at + COUNT]! + belief * s[at + SHORT_COUNT]!;
}

/** Those of them that worked. */
export function sliceOks(s: number[], at: number): number {
  const belief = s[at + BELIEF]!;
  return (1 - belief) * s[at + OKS]! + belief * s[at + SHORT_OKS]!;
}

/** Fades what is known to a share of its weight. */
export function fadeSlice(s: number[], at: number, share: number): void {
  for (let field = COUNT; field < BELIEF; field++) s[at + field] = s[at + field]! * share;
}

/** Begins again from so many outcomes, of which `oks` worked. */
export function restartSlice(s: number[], at: number, count: number, oks: number): void {
  s[at + COUNT] = count;
  s[at + OKS] = oks;
  s[at + SHORT_COUNT] = count;
  s[at + SHORT_OKS] = oks;
  s[at + BELIEF] = 0;
}
