import { type ImportedContent, SessionUsageError } from '@sojourn/session-core'
import type { OldSession, SourceSettings } from './source'

/** What an old session becomes. */
export interface Imported extends ImportedContent {
  /** When its cookie was made, epoch ms; undefined if that is not known. */
  readonly issuedAt: number | undefined
}

/**
 * What an old session becomes: `over` if it has ended or belongs to no one, `rejected` if a function of the options throws.
 * @throws SessionUsageError where `subject` returns what is no subject, or `data` what is no object.
 */
export function importedOf(
  { data, endsAt = Number.POSITIVE_INFINITY, issuedAt }: OldSession,
  options: SourceSettings,
  now: number,
): Imported | 'over' | 'rejected' {
  const end = Math.min(endsAt, options.until)
  // NaN ends it too.
  if (!(end > now)) return 'over'
  let [subject, kept]: unknown[] = []
  try {
    subject = options.subject(data)
    kept = options.data ? options.data(data) : data
  } catch {
    // Old sessions may lack what newer ones have, and no request fails because of that.
    return 'rejected'
  }
  const name = nameOf(subject)
  if (name === undefined && !options.anonymous) return 'over'
  const content = jsonOf(kept)
  return content ? { subject: name, data: content, endsAt: end, issuedAt } : 'rejected'
}

function nameOf(subject: unknown): string | undefined {
  if (subject === undefined || subject === null || subject === '') return undefined
  if (typeof subject === 'string' || typeof subject === 'number') return String(subject)
  throw misuse('The option subject must return a string, a number, or nothing: data.user?.id')
}

/** The data as JSON keeps it; undefined if it is nested deeper than `session.data` may be. */
function jsonOf(data: unknown): Record<string, unknown> | undefined {
  if (typeof data !== 'object' || data === null) throw misuse('The option data must return an object')
  try {
    const content = JSON.parse(JSON.stringify(data, (key, value) => (key === '__proto__' ? undefined : value)))
    return Object.values(content).some((value) => isDeeper(value, MAX_DEPTH)) ? undefined : content
  } catch (error) {
    // JSON.stringify itself has run out of stack.
    if (error instanceof RangeError) return undefined
    throw error
  }
}

const MAX_DEPTH = 64

const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((member) => isDeeper(member, levels - 1)))

const misuse = (message: string) => new SessionUsageError('ERR_SESSION_USAGE', message)
