/**
 * Returns a hash of a text: a whole number from −2^31 to 2^31 − 1, never 0, the same everywhere. Two different texts have
 * the same one with a chance of 2^-32; whoever chooses the texts can find such pairs, so that it is no secret's keeper.
 *
 * The method is MurmurHash3, 32 bits (Austin Appleby, 2008), over pairs of UTF-16 code units.
 */
export function hash32(text: string): number {
  const pairs = text.length & ~1;
  let hash = 0;
  for (let at = 0; at < pairs; at += 2) {
    hash = mixIn(hash, text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16));
  }
  if (pairs < text.length) hash = mixIn(hash, text.charCodeAt(pairs));
  return spread(hash ^ text.length);
}

function mixIn(hash: number, word: number): number {
  const mixed = Math.imul(word, 0xcc9e2d51);
  const turned = hash ^ Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
  return (Math.imul((turned << 13) | (turned >>> 19), 5) + 0xe6546b64) | 0;
}

/** Returns another whole number of 32 bits, each bit of which depends on all of `hash`; 1 in place of 0. */
export function spread(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  mixed ^= mixed >>> 16;
  return mixed === 0 ? 1 : mixed;
}
