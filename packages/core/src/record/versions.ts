import { platform } from '#platform'
import { base64url, type RandomBytes } from '../seal/bytes'

/** A record that notes which writes it comes from. */
export interface Versioned {
  /** Store mode: the versions of the last writes before this one, newest last. A write whose reply was lost is found here. */
  versions: string[]
}

/** The most versions of earlier writes that a record keeps. */
const MAX_VERSIONS = 8

/** Notes the version of the row that the next write replaces. */
export function noteVersion(record: Versioned, version: string): void {
  record.versions = [...record.versions, version].slice(-MAX_VERSIONS)
}

/** The length of a version: 72 bits. A record keeps several, so they are short. */
const LENGTH = 12

/** How many characters at the end of a payload count. They hold the MAC of a sealed one. */
const END_LENGTH = 64

/**
 * Makes the versions of writes. Random bytes for each version would cost an eighth of a write, so a version is the hash of a random
 * seed, a count, the instant, and the end of what is written, which holds the MAC. Two processes may have a copy of the same
 * memory (a resumed virtual machine), with the same seed and count. Their versions are equal only if both write the same
 * payload at the same instant: then it does not matter whose write is stored.
 */
export class VersionIssuer {
  private seed: string | undefined
  private count = 0

  constructor(private readonly random: RandomBytes) {}

  async issue(payload: string): Promise<string> {
    this.seed ??= base64url(this.random(16))
    const digest = await platform.sha256(
      `${this.seed} ${++this.count} ${performance.now()} ${payload.slice(-END_LENGTH)}`,
    )
    return digest.slice(0, LENGTH)
  }
}
