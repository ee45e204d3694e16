import { checkKnown } from '../check'
import { SessionConfigError } from '../errors'
import type { SessionClock } from '../record/clock'
import type { Revocation, RevocationStore } from './store'

/** What {@link memoryRevocations} can be told. */
export interface MemoryRevocationsOptions {
  /**
   * The most marks it holds. When it is full, expired marks go first; then `revoke` rejects, because a mark that is
   * dropped would bring a dead cookie back to life. A whole number of at least 1. Default 100 000.
   */
  maxMarks?: number
  /** The clock that tells which marks have expired, epoch ms. Default `Date.now`. */
  clock?: SessionClock
}

interface Mark extends Revocation {
  expiresAt: number
}

/** How many marks each new one looks at in search of expired ones: more than it adds, so that the search keeps up. */
const looksPerMark = 4

/**
 * Remembers in this process which sealed cookies are dead: for development, tests, and one process. A restart forgets
 * it all, and the cookies live again until their clocks end. Expired marks are let go while others are made.
 * @throws SessionConfigError for an unknown option, or a `maxMarks` that is no whole number of at least 1.
 */
export function memoryRevocations(options: MemoryRevocationsOptions = {}): RevocationStore {
  checkKnown('memoryRevocations.', options, ['maxMarks', 'clock'])
  const { maxMarks = 100_000, clock = Date.now } = options
  if (!Number.isSafeInteger(maxMarks) || maxMarks < 1) {
    throw new SessionConfigError('memoryRevocations.maxMarks', 'must be a whole number of at least 1')
  }
  const marks = new Map<string, Mark>()
  let search = marks.entries()

  const forget = (looks: number) => {
    for (let look = 0; look < looks; look++) {
      const { value: entry, done } = search.next()
      if (done) {
        search = marks.entries()
        return
      }
      if (entry[1].expiresAt < clock()) marks.delete(entry[0])
    }
  }

  return {
    async revoke(key, { notBefore, except, expiresAt }) {
      forget(looksPerMark)
      const old = marks.get(key)
      if (!old && marks.size >= maxMarks) {
        search = marks.entries()
        forget(marks.size)
        if (marks.size >= maxMarks) throw new Error(`memoryRevocations holds ${maxMarks} marks: raise maxMarks`)
      }
      marks.set(key, {
        notBefore: Math.max(notBefore, old?.notBefore ?? 0),
        except,
        exceptSince: (except !== undefined && old?.except === except ? old.exceptSince : old?.notBefore) ?? 0,
        expiresAt: Math.max(expiresAt, old?.expiresAt ?? 0),
      })
    },

    async read(keys) {
      return keys.map((key) => {
        const mark = marks.get(key)
        if (!mark) return null
        const { expiresAt, ...revocation } = mark
        return revocation
      })
    },
  }
}
