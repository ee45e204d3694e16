import { encodeJson } from '../seal/json'
import { type Bound, entryOf, MAX_PREVIOUS, type SessionRecord } from './record'
import { renewalDue, type TimeoutPolicy } from './timeouts'
import { formatToken, type KnownSecret, wrapSecret } from './token'

/** What a request changed in `session.data`, by top-level key: the new value, or undefined for a deleted key. */
export type Edits = ReadonlyMap<string, unknown>

export const NO_EDITS: Edits = new Map()

/**
 * Everything that can happen to a record. Changes are data, so that a write can be repeated on a newer state of the
 * session; `update` alone carries the user's function. A new kind is one member here and one case in {@link applyChange}.
 * Each takes along what the request changed in `session.data` before it.
 */
export type Change = { readonly edits?: Edits } & (
  | { readonly kind: 'save' }
  /** The end of a response: the token is renewed if that is due. */
  | { readonly kind: 'commit' }
  | { readonly kind: 'touch' }
  /** `fn` may run again, on the value that another request has stored. */
  | { readonly kind: 'update'; readonly key: string; readonly fn: (value: unknown) => unknown }
  | { readonly kind: 'regenerate' }
  | ({ readonly kind: 'login'; readonly rememberedBy: string | undefined } & Subject)
  /** This application leaves the session. `anyToken`: even if the request's token has been replaced. */
  | { readonly kind: 'leave'; readonly anyToken: boolean }
  /** Remember-me begins a session. */
  | ({ readonly kind: 'restore'; readonly rememberedBy: string } & Subject)
  /** A remember-me begins, for the session with the id `restores`. */
  | ({ readonly kind: 'remember'; readonly restores: string } & Subject)
  /** A remember-me was used: it gets a new token, and belongs to the session with this id, and in store mode this secret. */
  | { readonly kind: 'restored'; readonly id: string; readonly secret: string | undefined }
)

interface Subject {
  readonly subject: string
  /** The label given to `login`. */
  readonly label: string | undefined
  readonly bound: Bound | undefined
}

/** The options that decide what a change does. */
export interface ChangePolicy {
  readonly audience: string
  readonly enforceSameSubject: boolean
  /** Undefined if this application has no remember-me: then it leaves that of another application alone. */
  readonly remember: object | undefined
  readonly timeouts: TimeoutPolicy
}

/**
 * What a change does to the session's token: `renew` (the old one is honoured for its grace), `replace` (it is not), or
 * nothing. A stale token cannot renew: the request that made it stale has renewed already.
 */
export function tokenChange(change: Change, record: SessionRecord, policy: ChangePolicy, now: number, stale: boolean) {
  if (replacesToken(change)) return 'replace'
  const renews = change.kind === 'commit' || change.kind === 'restored'
  return renews && !stale && renewalDue(record, policy.timeouts, now) ? 'renew' : undefined
}

type TokenChange = ReturnType<typeof tokenChange>

/** Whether a change always gives the session a new token, and the old one no grace. */
export const replacesToken = (change: Change): boolean =>
  change.kind === 'login' || change.kind === 'regenerate' || (change.kind === 'leave' && !change.anyToken)

/** Whether there is nothing to write: no edits, and another request has made the renewal that was due. */
export const changesNothing = (change: Change, token: TokenChange): boolean =>
  !token && !change.edits?.size && (change.kind === 'restored' || change.kind === 'commit')

/**
 * Changes `record`, the caller's own copy. If the token changes in store mode, `secrets` are the one that the request
 * presented and the next one.
 */
export async function applyChange(
  record: SessionRecord,
  change: Change,
  policy: ChangePolicy,
  now: number,
  token?: TokenChange,
  secrets?: { readonly presented: KnownSecret; readonly next: KnownSecret },
): Promise<void> {
  const { audience } = policy
  if (change.edits?.size) applyEdits(entryOf(record, audience).data, change.edits)
  switch (change.kind) {
    case 'save':
    case 'commit':
    case 'touch':
    case 'regenerate':
      break
    case 'update':
      await update(entryOf(record, audience).data, change.key, change.fn)
      break
    case 'login':
      logIn(record, change.subject, policy, now)
      entryOf(record, audience).label = change.label
      // An application that binds to nothing leaves the binding by another application's login alone.
      if (change.bound || record.audiences.size === 1) record.bound = change.bound
      if (policy.remember) record.rememberedBy = change.rememberedBy
      break
    case 'leave':
      record.audiences.delete(audience)
      if (policy.remember) record.rememberedBy = undefined
      break
    case 'restore':
    case 'remember':
      Object.assign(entryOf(record, audience), { subject: change.subject, label: change.label })
      record.bound = change.bound
      if (change.kind === 'restore') record.rememberedBy = change.rememberedBy
      else record.restores = change.restores
      break
    case 'restored':
      record.restores = await restoredToken(change.id, change.secret, secrets?.next)
  }
  if (token) record.renewedAt = now
  if (secrets && token === 'replace') record.previous = []
  if (secrets && token === 'renew') {
    const next = await wrapSecret(secrets.next.secret, secrets.presented.secret, 'next')
    const previous = { hash: secrets.presented.hash, until: now + policy.timeouts.staleTtl, next }
    record.previous = [previous, ...record.previous].slice(0, MAX_PREVIOUS)
  }
  if (secrets) record.secretHash = secrets.next.hash
  // Drops the successor link of every previous secret whose grace period is over.
  for (const previous of record.previous) if (now > previous.until) previous.next = undefined
  record.touchedAt = now
}

function applyEdits(data: Record<string, unknown>, edits: Edits): void {
  for (const [key, value] of edits) {
    if (value === undefined) delete data[key]
    else data[key] = value
  }
}

async function update(data: Record<string, unknown>, key: string, fn: (value: unknown) => unknown): Promise<void> {
  const value = await fn(Object.hasOwn(data, key) ? data[key] : undefined)
  if (value === undefined) delete data[key]
  else data[key] = JSON.parse(encodeJson(value, `session.data.${key}`))
}

/**
 * An anonymous visitor and the same subject keep their data, another subject starts empty. Restarts the absolute clock
 * unless a subject is logged in to another application.
 */
function logIn(record: SessionRecord, subject: string, policy: ChangePolicy, now: number): void {
  const { audience, enforceSameSubject } = policy
  const entry = entryOf(record, audience)
  if (entry.subject !== undefined && entry.subject !== subject) entry.data = {}
  entry.subject = subject
  entry.authenticatedAt = now
  entry.exemptUntil = undefined
  let shared = false
  for (const [name, other] of record.audiences) {
    if (name === audience || other.subject === undefined) continue
    if (enforceSameSubject && other.subject !== subject) record.audiences.delete(name)
    else shared = true
  }
  if (!shared) record.startedAt = now
}

/** Without a store the session's token is its whole record, too long for another cookie: then its id stands for it. */
async function restoredToken(id: string, secret: string | undefined, next: KnownSecret | undefined): Promise<string> {
  return secret && next ? formatToken({ id, secret: await wrapSecret(secret, next.secret, 'restored') }) : id
}
