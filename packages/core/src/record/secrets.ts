import { platform } from '#platform'
import { base64url, fromBase64url } from '../seal/bytes'
import { ends, FOREVER, type Instants, type TimeoutPolicy } from './timeouts'
import { MAX_GENERATION, type Token } from './token'

/** A secret that was replaced and can still come back. */
export interface EarlierSecret {
  readonly hash: string
  /** Until when it counts, epoch ms. */
  until: number
  /** After a renewal: the secret that came after it, wrapped under it. Empty after a login or `regenerate`. */
  readonly next: string
  /** Whether its successor has come back, so that its client has that one. */
  confirmed: boolean
}

/** What a row knows of its tokens' secrets: only hashes, and secrets that an earlier secret is needed to read. */
export interface SecretState {
  /** The SHA-256 of the current secret. */
  secretHash: string
  /** The generation of the current token. */
  generation: number
  /** Earlier secrets that are in their grace, or in the quiet window after a login or `regenerate`; newest first. */
  previous: EarlierSecret[]
}

/** How long requests with a token that `login` or `regenerate` has replaced raise no alarm, at least. In milliseconds. */
const MIN_QUIET = 10_000

/** How long requests with a token that `login` or `regenerate` has replaced raise no alarm, and begin nothing. In ms. */
export const quietWindow = ({ staleTtl }: TimeoutPolicy): number => Math.max(staleTtl, MIN_QUIET)

/**
 * Classifies a token that we issued by what became of it.
 * - `current`: the newest token. `stale`: renewed away and in its grace, so it leads to the current one.
 * - `replaced`: a login or `regenerate` replaced it moments ago; the request was under way, and it is no alarm.
 * - `lapsed`: its own clocks have ended, and its successor has never come back: its response was lost.
 * - `reused`: it is of an earlier generation, so two parties hold tokens of this session.
 * - `rolled-back`: the row has never had it, so the store has lost its last writes.
 */
export function classifySecret(
  state: SecretState,
  { hash, generation }: Pick<Token, 'hash' | 'generation'>,
  now: number,
): 'current' | 'stale' | 'replaced' | 'lapsed' | 'reused' | 'rolled-back' {
  // Both are hashes of at least 128 random bits: how long the comparison takes tells nothing that could be used.
  if (state.secretHash === hash) return 'current'
  const earlier = state.previous.find((previous) => previous.hash === hash)
  if (earlier && now <= earlier.until) return earlier.next ? 'stale' : 'replaced'
  if (earlier && !earlier.confirmed) return 'lapsed'
  return generation < state.generation ? 'reused' : 'rolled-back'
}

/** The generation of the token that replaces the current one. */
export const nextGeneration = ({ generation }: SecretState): number => Math.min(generation + 1, MAX_GENERATION)

/**
 * A timer-driven renewal. The old secret leads to the new one until that has come back (see {@link confirmSuccessor}), at
 * the most until the old token's own clocks end.
 */
export function renewSecret(
  state: SecretState,
  next: Token,
  wrapped: string,
  at: Instants,
  policy: TimeoutPolicy,
  now: number,
): void {
  const { rolling, absolute } = ends(at, policy)
  const ownEnd = Math.min(rolling, absolute, now + FOREVER)
  const confirmed = policy.graceFrom === 'renewal'
  const until = confirmed ? Math.min(ownEnd, now + policy.staleTtl) : ownEnd
  state.previous.unshift({ hash: state.secretHash, until, next: wrapped, confirmed })
  setSecret(state, next)
}

/** A privilege change: no earlier secret leads to the new one, and for a quiet window none of them raises an alarm. */
export function replaceSecret(state: SecretState, next: Token, policy: TimeoutPolicy, now: number): void {
  const until = now + quietWindow(policy)
  state.previous = [
    { hash: state.secretHash, until, next: '', confirmed: true },
    ...state.previous.map(({ hash }) => ({ hash, until, next: '', confirmed: true })),
  ]
  setSecret(state, next)
}

function setSecret(state: SecretState, { hash, generation }: Token): void {
  state.secretHash = hash
  state.generation = generation
}

/** Whether the current token has come back for the first time since a renewal, so that the grace before it must end. */
export const confirmationDue = (state: SecretState): boolean => state.previous.some(({ confirmed }) => !confirmed)

/** The current token has come back, so its holder has it: earlier ones are honoured for `staleTtl` more. */
export function confirmSuccessor(state: SecretState, policy: TimeoutPolicy, now: number): void {
  for (const earlier of state.previous) {
    if (earlier.confirmed) continue
    earlier.until = Math.min(earlier.until, now + policy.staleTtl)
    earlier.confirmed = true
  }
}

/** Earlier secrets as a list of tuples, which a record's text has. */
export type EarlierTuple = [hash: string, until: number, next: string, unconfirmed?: 1]

export const encodeEarlier = ({ hash, until, next, confirmed }: EarlierSecret): EarlierTuple =>
  confirmed ? [hash, until, next] : [hash, until, next, 1]

export const decodeEarlier = ([hash, until, next, unconfirmed]: EarlierTuple): EarlierSecret => ({
  hash,
  until,
  next,
  confirmed: unconfirmed !== 1,
})

/** Drops the earlier secrets whose time is over. Their generation decides what they are from then on. */
export function dropEndedSecrets(state: SecretState, now: number): void {
  state.previous = state.previous.filter(({ until, confirmed }) => now <= until || !confirmed)
}

/**
 * XORs `secret` with a pad derived from `under`; applying it twice returns the original. Each secret has 128 random bits or
 * more, so only its holder can compute the pad. `use` is part of the derivation, because a pad may serve only once.
 */
export async function wrapSecret(secret: string, under: string, use: 'next' | 'session'): Promise<string> {
  const pad = fromBase64url(await platform.sha256(`${use} ${under}`))
  return base64url(fromBase64url(secret).map((byte, i) => byte ^ pad[i]!))
}

/** Follows the successors from a stale secret to the current one. Undefined where one of them is missing. */
export async function currentSecret(state: SecretState, { secret, hash }: Token): Promise<string | undefined> {
  let current = secret
  for (let at = state.previous.findIndex((earlier) => earlier.hash === hash); at >= 0; at--) {
    const { next } = state.previous[at]!
    if (!next) return undefined
    current = await wrapSecret(next, current, 'next')
  }
  return (await platform.sha256(current)) === state.secretHash ? current : undefined
}
