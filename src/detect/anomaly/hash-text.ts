/**
 * Returns a number below 2^53 that stands for the text: the same everywhere, and another one for another text, by all
 * odds. It has no key: where names come from somebody who would gain from two that look alike, take a pseudonym
 * instead.
 *
 * Two lanes of 32 bits, each mixed as in MurmurHash3 (Austin Appleby, public domain).
 */
export function hashText(text: string): number {
  let low = 0x9e3779b9 ^ text.length;
  let high = 0x85ebca6b;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    low = Math.imul(low ^ unit, 0xcc9e2d51);
    low = (low << 15) | (low >>> 17);
    high = Math.imul(high ^ unit, 0x1b873593);
    high = (high << 13) | (high >>> 19);
  }
  return (mix(high ^ low) >>> 11) * 2 ** 32 + (mix(low + Math.imul(high, 5)) >>> 0);
}

function mix(lane: number): number {
  let mixed = Math.imul(lane ^ (lane >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
