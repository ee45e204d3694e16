import type { ResolvedOptions } from '../config/options'
import type { SessionEvent } from '../events/events'
import type { Inspected, Opened } from '../persistence/persistence'
import { type ClockName, ends, verdict } from '../record/timeouts'

/** Why a cookie has its outcome: finer than the outcome, for a person who asks. A closed set. */
export type ExplainedReason =
  | 'no-cookie'
  | 'marker-only'
  | 'current'
  | 'renewed-moments-ago'
  | 'remember-me'
  | 'incomplete'
  | 'not-a-token'
  | 'duplicate'
  | 'not-issued'
  | 'row-unreadable'
  | 'rolled-back'
  | 'clock-ahead'
  | 'replaced-moments-ago'
  | 'gone'
  | 'used-again'
  | 'used-again-after-login'
  | 'revoked'
  | 'successor-lost'
  | ClockName

const REJECTED = {
  token: 'not-issued',
  row: 'row-unreadable',
  'rolled-back': 'rolled-back',
  instant: 'clock-ahead',
  // Not of a cookie of ours.
  import: 'not-issued',
} as const

/** What the outcome alone does not tell is in the event that was reported with it, and in the record. */
export function reasonOf(
  value: string,
  opened: Opened,
  events: readonly SessionEvent[],
  found: Inspected | undefined,
  { timeouts, clock }: ResolvedOptions,
): ExplainedReason {
  if (value === '') return 'incomplete'
  switch (opened.outcome) {
    case 'resumed':
      return 'current'
    case 'stale':
      return 'renewed-moments-ago'
    case 'malformed':
      return 'not-a-token'
    case 'unknown':
      return 'gone'
    case 'reused':
      return Object.hasOwn(opened, 'replaced') ? 'used-again' : 'used-again-after-login'
    case 'revoked':
      return Object.hasOwn(opened, 'underway') ? 'replaced-moments-ago' : 'revoked'
    case 'expired:idle':
      return 'idle'
    case 'expired:absolute':
      return 'absolute'
    case 'expired:rolling':
      // The session's own clock, or that of an earlier token alone.
      return found && verdict(found.record, timeouts, clock()) === 'alive' ? 'successor-lost' : 'rolling'
    default: {
      const rejected = events.find((event) => event.type === 'rejected')
      return rejected ? REJECTED[rejected.reason] : 'replaced-moments-ago'
    }
  }
}

const SENTENCES: Record<Exclude<ExplainedReason, ClockName | 'successor-lost'>, string> = {
  'no-cookie':
    'No cookie of this name came: the visitor is new, or the browser dropped it. See cookie-not-kept in the events. Cookies of ' +
    'another library (the option imports) are not looked at.',
  'marker-only':
    'Only the marker came, so the browser withheld the session cookie: the request came from another site, and the cookie is ' +
    'SameSite=Strict. The session lives on; a request from this site brings it.',
  current: 'The cookie has the newest token, and no clock has run out.',
  'renewed-moments-ago': 'The token was renewed and is in its grace period. The response carries the new one.',
  'remember-me': 'The remember-me cookie begins a session for its subject, without a fresh login.',
  incomplete: 'The cookie is empty, or one of its chunks is missing.',
  'not-a-token': 'The cookie is not in our format: it was cut, it was changed, or another application has set it.',
  duplicate:
    'Two cookies of this name are both valid and name different sessions: one may be planted, so neither counts.',
  'not-issued':
    'The cookie was not made by this application: it was changed, or it was made with another secret or another cookie name.',
  'row-unreadable':
    'The row in the store does not open: it was changed, or sealed with a secret that this manager does not have.',
  'rolled-back':
    'The store has never seen this token, although we issued it: the store has lost its last writes (failover, old copy).',
  'clock-ahead':
    'The times of the session are more than five minutes ahead of this machine: one of the clocks is wrong.',
  'replaced-moments-ago':
    'A login or regenerate replaced this cookie moments ago; a request that was under way brought the old one.',
  gone:
    'We issued the token, and the store has no such session: it was logged out, revoked or evicted by maxPerSubject, it expired ' +
    'and its row was removed, or the store lost or evicted the row.',
  'used-again':
    'The token was replaced and came back after its grace period: another party may have a copy, or an old copy was restored.',
  'used-again-after-login':
    'The token is from before the last login and came back: another party may have a copy, or an old copy was restored.',
  revoked:
    'The session was ended before its clocks ran out: by logout, revoke, revokeAll, or a newer login in its place.',
}

const STARTS: Record<ClockName, string> = {
  idle: 'the last activity was',
  rolling: 'its token was last renewed',
  absolute: 'the login was',
}

/** The reason as a sentence, with the instants of the session. */
export function sentenceOf(reason: ExplainedReason, found?: Inspected, options?: ResolvedOptions): string {
  if (Object.hasOwn(STARTS, reason)) return expiry(reason as ClockName, found!, options!)
  if (reason !== 'successor-lost') return SENTENCES[reason as keyof typeof SENTENCES]
  const { record, token } = found!
  const { until } = record.previous.find(({ hash }) => hash === token?.hash)!
  return `The token was renewed, its successor never came back, and its own time ended at ${instant(until)}.`
}

function expiry(clock: ClockName, { record }: Inspected, { timeouts }: ResolvedOptions): string {
  const start = { idle: record.touchedAt, rolling: record.renewedAt, absolute: record.startedAt }[clock]
  const end = ends(record, timeouts)[clock]
  const length = `this clock has ${(end - start) / 1000} s`
  return `The ${clock} clock ended at ${instant(end)}: ${STARTS[clock]} at ${instant(start)}, and ${length}.`
}

/** A store may hold a number that is no instant. */
const instant = (ms: number) => (Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms))
