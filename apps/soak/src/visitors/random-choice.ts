import { seededRandom } from '@sojourn/session-testing'

/** Random decisions of one visitor, equal in every run with the same seed. */
export class RandomChoice {
  private readonly random: (size: number) => Uint8Array

  constructor(seed: number) {
    this.random = seededRandom(seed)
  }

  /** A whole number below `limit`. */
  below(limit: number): number {
    const [a, b, c] = this.random(3) as unknown as [number, number, number]
    return Math.floor((((a << 16) | (b << 8) | c) / 0x1000000) * limit)
  }

  /** True with a probability of `share` percent. */
  percent(share: number): boolean {
    return this.below(100) < share
  }
}
