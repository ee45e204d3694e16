import type { LiveEvent } from './state'

/** Why a request has a session: the outcomes of a user who is logged in. */
const recognised: Record<string, string> = {
  resumed: 'your cookie named a live session, so you did not have to log in again.',
  stale: 'your cookie had just been replaced; the old one still works for a moment, for requests under way.',
  restored: 'the session had ended, and your remember-me cookie began a new one.',
}

/** Why a request has no session. */
const causes: Record<string, string> = {
  none: 'Your browser sent no session cookie.',
  malformed: 'Your browser sent a cookie that this server did not make.',
  rejected: 'The cookie was changed, or was sealed under another secret.',
  unknown: 'The session of your cookie is gone: it was logged out or ended elsewhere, or it expired and was deleted.',
  revoked:
    'The session of your cookie was ended before its clocks ran out: by a logout, from another browser, or by a newer login.',
  withheld: 'Your browser kept the cookie back, because another site sent the request.',
  reused: 'A replaced cookie came back after its grace period. It may be a stolen copy.',
  'expired:idle': 'The session has expired: there was no activity for too long.',
  'expired:rolling': 'The session has expired: its cookie was not renewed in time.',
  'expired:absolute': 'The session has expired: the login is too long ago.',
}

/** What the events say. */
const happened: Record<LiveEvent['type'], string> = {
  created: 'a session began',
  login: 'logged in',
  logout: 'logged out',
  renewed: 'renewed: a new cookie, the same session',
  regenerated: 'a new cookie: a login',
  touched: 'active: idle starts again',
  'touch-skipped': 'activity that could not be stored',
  restored: 'a session began: by remember-me',
  imported: 'a session began: from another library',
  'import-skipped': 'a cookie of another library began no session',
  expired: 'expired',
  destroyed: 'ended',
  revoked: 'ended: from another browser',
  reused: 'alarm: a replaced cookie came back',
  conflict: 'two processes wrote at once; both changes are kept',
  mismatch: 'another client than the one that logged in',
  limited: 'too many sessions of this user',
  rejected: 'refused: a cookie that does not open',
  duplicate: 'refused: two cookies at once',
  withheld: 'a request of another site, without the cookie',
  'change-dropped': 'a change that was not stored',
  'store-slow': 'the store is slow',
  'store-failed': 'the store did not answer',
  'cookie-not-kept': 'the browser drops the cookie',
  'config-warning': 'a warning about an option',
  clocks: 'the clocks were set',
}

export const inWords = (outcome: string): string => recognised[outcome] ?? ''
export const causeOf = (outcome = ''): string => causes[outcome] ?? `There is no session: ${outcome}.`

export const eventWords = ({ type, reason }: LiveEvent): string =>
  type === 'expired' ? `expired: the ${reason} clock ran out` : happened[type]

/** A readable user agent: Firefox on Linux. */
export function device(label = 'unknown browser'): string {
  const browser = /Edg|OPR|Firefox|Chrome|Safari/.exec(label)?.[0]
  const system = /Android|iPhone|iPad|Windows|Mac OS|Linux/.exec(label)?.[0]
  return browser && system ? `${browser} on ${system}` : label.slice(0, 40)
}

/** Seconds for people: 0:09, 14:59, 23:59:59, 12 days. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds))
  if (whole >= 3 * 86_400) return `${Math.floor(whole / 86_400)} days`
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const two = (number: number) => String(number).padStart(2, '0')
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`
}

/** The time of day, in the visitor's own form. */
export const clockTime = (at: number): string => new Date(at).toLocaleTimeString()
