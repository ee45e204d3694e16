import { platform } from '#platform'
import { base64url, fromBase64url } from '../seal/bytes'
import type { SessionRecord } from './record'

/** A token's secret and the SHA-256 that is kept of it. */
export interface KnownSecret {
  readonly secret: string
  readonly hash: string
}

/**
 * A secret as only who holds `under`, another one, can read it; hidden once more, it is itself again. Both are 256 random
 * bits, so a hash of the one is a pad for the other. A pad serves once: each use has its own.
 */
export async function hidden(secret: string, under: string, use: 'next' | 'restored'): Promise<string> {
  const pad = fromBase64url(await platform.sha256(`${use} ${under}`))
  return base64url(fromBase64url(secret).map((byte, i) => byte ^ pad[i]!))
}

/** The current secret, for who holds an earlier one: each leads to the next. Undefined where the way has been lost. */
export async function currentSecret(record: SessionRecord, { secret, hash }: KnownSecret): Promise<string | undefined> {
  const { previous, secretHash } = record
  let current = secret
  for (let at = previous.findIndex((former) => former.hash === hash); at >= 0; at--) {
    const { next } = previous[at]!
    if (!next) return undefined
    current = await hidden(next, current, 'next')
  }
  return (await platform.sha256(current)) === secretHash ? current : undefined
}
