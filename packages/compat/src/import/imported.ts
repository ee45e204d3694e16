import { type ImportedContent, SessionUsageError } from '@sojourn/session-core'
import { subjectFrom } from '#check'
import type { OldSession, SourceSettings } from './source'

/** What an old session becomes. */
export interface Imported extends ImportedContent {
  /** When its cookie was made, epoch ms; undefined if that is not known. */
  readonly issuedAt: number | undefined
}

/**
 * What an old session becomes: `ended` if its time is over, `no-subject` if it belongs to no one, `failed` if a function of the options
 * throws, or `subject` returns what is no subject, `rejected` if its data is not JSON.
 * @throws SessionUsageError where `data` returns what is no object.
 */
export function importedOf(
  { data, endsAt = Number.POSITIVE_INFINITY, issuedAt }: OldSession,
  options: SourceSettings,
  now: number,
): Imported | 'ended' | 'no-subject' | 'failed' | 'rejected' {
  const end = Math.min(endsAt, options.until)
  // NaN ends it too.
  if (!(end > now)) return 'ended'
  let subject: string | undefined
  let kept: unknown
  try {
    subject = subjectFrom(options.subject(data))
    kept = options.data ? options.data(data) : data
  } catch {
    // Old sessions may lack what newer ones have, and no request fails because of that.
    return 'failed'
  }
  if (subject === undefined && !options.anonymous) return 'no-subject'
  const content = jsonOf(kept)
  return content ? { subject, data: content, endsAt: end, issuedAt } : 'rejected'
}

/** The data as JSON keeps it; undefined if it is nested too deep even for that. */
function jsonOf(data: unknown): Record<string, unknown> | undefined {
  if (typeof data !== 'object' || data === null) {
    throw new SessionUsageError('ERR_SESSION_USAGE', 'The option data must return an object')
  }
  try {
    return JSON.parse(JSON.stringify(data, (key, value) => (key === '__proto__' ? undefined : value)))
  } catch (error) {
    // JSON.stringify itself has run out of stack.
    if (error instanceof RangeError) return undefined
    throw error
  }
}
