import type { Scene } from "./attack.js";

/** A scene whose chance is the same for the same seed, on every machine. @param seed its lower 32 bits count */
export function sceneOf(seed: number, horizonMs: number): Scene {
  const random = randomOf(seed);
  return Object.freeze({
    seed,
    horizonMs,
    random,
    below: (n: number) => Math.floor(random() * n),
  });
}

/** Numbers from 0 up to, and without, 1 (sfc32, from PractRand by Chris Doty-Humphrey). */
function randomOf(seed: number): () => number {
  let a = seed | 0;
  let b = 0x9e3779b9;
  let c = 0x243f6a88;
  let count = 1;
  const next = (): number => {
    const sum = (a + b + count) | 0;
    count = (count + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 12; i++) next();
  return next;
}
