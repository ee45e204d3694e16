/**
 * Random bytes that are the same in every run with the same seed, for a manager's `random`. For tests only: the seed
 * reveals every token. Different seeds give different bytes; one generator does not repeat within 2³² bytes.
 * @example
 * createSessionManager({ secret, random: seededRandom(1) })
 */
export function seededRandom(seed: number): (size: number) => Uint8Array {
  const next = mulberry32(seed)
  return (size) => Uint8Array.from({ length: size }, () => next() >>> 24)
}

/** Mulberry32 by Tommy Ettinger: a 32-bit state that visits every value once. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
}
