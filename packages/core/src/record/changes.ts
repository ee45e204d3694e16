import { SessionUsageError } from '../errors'
import { byteLength } from '../seal/bytes'
import { encodeJson } from '../seal/json'
import { type Bound, entryOf, type SessionRecord } from './record'
import { dropEndedSecrets, renewSecret, replaceSecret, wrapSecret } from './secrets'
import { renewalDue, type TimeoutPolicy } from './timeouts'
import type { Token } from './token'

/** What a request changed in `session.data`, by top-level key: the new value, or undefined for a deleted key. */
export type Edits = ReadonlyMap<string, unknown>

export const NO_EDITS: Edits = new Map()

/**
 * Everything that can happen to a record. Changes are data, so that a write can be repeated on a newer state of the
 * session; `update` alone carries the user's function. A new kind is one member here and one case in {@link applyChange}.
 * Each takes along what the request changed in `session.data` before it.
 */
export type Change = {
  readonly edits?: Edits
  /** The response is sent, so no newer token can reach this request: the id of its session is enough. See {@link continues}. */
  readonly detached?: boolean
} & (
  | { readonly kind: 'save' }
  /** The end of a response: the token is renewed if that is due. */
  | { readonly kind: 'commit' }
  | { readonly kind: 'touch' }
  /** A lifetime of its own, in milliseconds; undefined for the configured one. */
  | { readonly kind: 'idle'; readonly idle: number | undefined }
  /** `fn` may run again, on the value that another request has stored. */
  | { readonly kind: 'update'; readonly key: string; readonly fn: (value: unknown) => unknown }
  | { readonly kind: 'regenerate' }
  | (Login & Subject)
  /** This application leaves the session. `anyToken`: even if the request's token has been replaced, and the token stays. */
  | { readonly kind: 'leave'; readonly anyToken: boolean }
  | Restore
  | Import
)

/** A session of another library goes on. */
export type ImportChange = Change & { readonly kind: 'import' }

/** The subject has proved who it is. */
interface Login {
  readonly kind: 'login'
  /** The remember-me series that this login begins. */
  readonly series: string | undefined
  /** How strongly the subject was authenticated. */
  readonly level: number | undefined
  /** The session's own lifetime, in milliseconds; undefined for the configured one. */
  readonly idle: number | undefined
}

/** Remember-me logs its subject in: in a session of its own, or in an anonymous one. */
type Restore = Subject & {
  readonly kind: 'restore'
  readonly series: string
  /** The session's new token, which the series has chosen. None in cookie mode. */
  readonly token: Token | undefined
  /** Cookie mode: a `revokeAll` entry of this instant or later has ended the series, and ends this session. */
  readonly since: number | undefined
}

/** A session that another library has begun goes on as this one. */
interface Import extends Omit<Subject, 'subject'> {
  readonly kind: 'import'
  /** Undefined for an anonymous visitor. */
  readonly subject: string | undefined
  /** When the session ends at the latest, epoch ms. */
  readonly endsAt: number
  readonly series: undefined
}

interface Subject {
  readonly subject: string
  /** The label given to `login`. */
  readonly label: string | undefined
  readonly bound: Bound | undefined
  /** The keys of `data` that an anonymous session keeps; undefined for all. */
  readonly keep: readonly string[] | undefined
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
 * nothing. A stale token cannot renew: the request that made it stale has renewed already. `outdated`: the token was made
 * with an older one of the application's secrets.
 */
export function tokenChange(
  change: Change,
  record: SessionRecord,
  policy: ChangePolicy,
  now: number,
  { stale, outdated }: { readonly stale: boolean; readonly outdated: boolean },
) {
  if (replacesToken(change)) return 'replace'
  if (stale) return undefined
  // The browser keeps the cookie as long as the token can live, so another lifetime needs another cookie.
  if (change.kind === 'idle') return change.detached ? undefined : 'renew'
  const due = outdated || renewalDue(record, policy.timeouts, now)
  return change.kind === 'commit' && due ? 'renew' : undefined
}

type TokenChange = ReturnType<typeof tokenChange>

/** Whether a change always gives the session a new token, and the old one no grace. */
export const replacesToken = (change: Change): boolean =>
  change.kind === 'login' ||
  change.kind === 'restore' ||
  change.kind === 'regenerate' ||
  (change.kind === 'leave' && !change.anyToken)

/**
 * Holds a record's text to `maxBytes` after a change of its data. What else changes in it counts, and is never refused. A record
 * that is too long already, from before the limit was lowered, may become shorter. `before`: its text without the change.
 * @throws SessionUsageError `ERR_SESSION_TOO_LARGE`
 */
export function checkSize(text: string, change: Change, maxBytes: number, before = () => ''): void {
  if (change.edits?.size || change.kind === 'update') checkBytes(text, maxBytes, before)
}

/** @throws SessionUsageError where `text` is too large. One that was as large `before` may stay. */
export function checkBytes(text: string, maxBytes: number, before: () => string): void {
  // A UTF-16 code unit takes three bytes at most: short texts need no counting.
  if (text.length * 3 <= maxBytes) return
  const bytes = byteLength(text)
  if (bytes <= maxBytes || bytes <= byteLength(before())) return
  throw new SessionUsageError(
    'ERR_SESSION_TOO_LARGE',
    `The session has ${bytes} bytes, and maxBytes is ${maxBytes}. Nothing was stored: keep less in session.data.`,
  )
}

/** Whether there is nothing to write: no edits, and another request has made the renewal that was due. */
export const changesNothing = (change: Change, token: TokenChange): boolean =>
  !token && !change.edits?.size && change.kind === 'commit'

/**
 * Changes `record`, the caller's own copy. If the token changes in store mode, `tokens` are the one that the request
 * presented and the next one.
 */
export async function applyChange(
  record: SessionRecord,
  change: Change,
  policy: ChangePolicy,
  now: number,
  token?: TokenChange,
  tokens?: { readonly presented: Token; readonly next: Token },
): Promise<void> {
  const { audience, timeouts } = policy
  const issued = tokens?.next.generation ?? record.generation
  if (change.edits?.size) applyEdits(entryOf(record, audience).data, change.edits)
  switch (change.kind) {
    case 'save':
    case 'commit':
    case 'touch':
      break
    case 'idle':
      record.idle = change.idle
      break
    case 'regenerate':
      record.replacedGeneration = issued
      break
    case 'update':
      await update(entryOf(record, audience).data, change.key, change.fn)
      break
    case 'login':
    case 'restore':
      logIn(record, change, policy, now)
      record.loginGeneration = issued
      record.replacedGeneration = issued
      break
    case 'import':
      if (change.subject !== undefined) logIn(record, { ...change, subject: change.subject }, policy, now)
      entryOf(record, audience).unconfirmed = true
      record.endsAt = change.endsAt
      break
    case 'leave':
      record.audiences.delete(audience)
  }
  dropEndedSecrets(record, now)
  if (tokens && token === 'replace') replaceSecret(record, tokens.next, timeouts, now)
  if (tokens && token === 'renew') {
    const wrapped = await wrapSecret(tokens.next.secret, tokens.presented.secret, 'next')
    renewSecret(record, tokens.next, wrapped, record, timeouts, now)
  }
  if (token) record.renewedAt = now
  record.touchedAt = now
}

/**
 * Whether a detached request, which had a token of `generation` when it was opened, still belongs to the session. A WebSocket
 * goes on however often HTTP renews the token, until a login or `regenerate`, or until this application leaves the session.
 */
export function continues(
  opened: SessionRecord,
  newest: SessionRecord,
  generation: number,
  { audience }: ChangePolicy,
): boolean {
  const [before, after] = [opened, newest].map(({ audiences }) => audiences.get(audience)?.subject)
  return generation >= newest.replacedGeneration && before === after
}

function applyEdits(data: Record<string, unknown>, edits: Edits): void {
  for (const [key, value] of edits) {
    if (value === undefined) delete data[key]
    else data[key] = value
  }
}

async function update(data: Record<string, unknown>, key: string, fn: (value: unknown) => unknown): Promise<void> {
  // A copy: other records share the value, and `fn` may change it.
  const stored = Object.hasOwn(data, key) ? JSON.parse(JSON.stringify(data[key])) : undefined
  const value = await fn(stored)
  if (value === undefined) delete data[key]
  else data[key] = JSON.parse(encodeJson(value, `session.data.${key}`))
}

/**
 * An anonymous visitor keeps what `keep` names of its data, the same subject all of it, another subject starts empty. Restarts the absolute clock
 * unless a subject is logged in to another application.
 */
function logIn(
  record: SessionRecord,
  change: Extract<Change, Subject> | (Import & Pick<Subject, 'subject'>),
  policy: ChangePolicy,
  now: number,
): void {
  const { audience, enforceSameSubject } = policy
  const { subject, label, bound, series, keep } = change
  const isRestored = change.kind !== 'login'
  const entry = entryOf(record, audience)
  if (entry.subject === undefined && keep) entry.data = pick(entry.data, keep)
  if (entry.subject !== undefined && entry.subject !== subject) entry.data = {}
  // A session that remember-me or an import begins is no fresh login (ASVS 5.0, 7.5.3).
  const { authenticatedAt, level } = isRestored ? NO_LOGIN : { authenticatedAt: now, level: change.level }
  Object.assign(entry, { subject, label, authenticatedAt, level, exemptUntil: undefined, unconfirmed: isRestored })
  if (policy.remember) entry.series = series
  // An application that binds to nothing leaves the binding by another application's login alone.
  if (bound || record.audiences.size === 1) record.bound = bound
  let shared = false
  for (const [name, other] of record.audiences) {
    if (name === audience || other.subject === undefined) continue
    if (enforceSameSubject && other.subject !== subject) record.audiences.delete(name)
    else shared = true
  }
  if (!shared) Object.assign(record, { startedAt: now, endsAt: undefined })
  const idle = isRestored ? undefined : change.idle
  if (!shared || idle !== undefined) record.idle = idle
  const from = change.kind === 'restore' ? change.since : undefined
  if (from !== undefined && from > record.startedAt) entry.exemptUntil = from - 1
}

const NO_LOGIN = { authenticatedAt: undefined, level: undefined }

const pick = (data: Record<string, unknown>, keys: readonly string[]) =>
  Object.fromEntries(Object.entries(data).filter(([key]) => keys.includes(key)))
