import { parseJson } from '../seal/json'
import { decodeEarlier, type EarlierTuple, encodeEarlier, type SecretState } from './secrets'
import type { Instants } from './timeouts'
import type { Versioned } from './versions'

/** The one session that a series has now. */
interface SeriesSession {
  readonly id: string
  /**
   * The secret of the session's first token, wrapped under the series' current secret; empty where a login has begun the
   * session and handed its token out itself.
   */
  readonly secret: string
  /** When the series claimed it, epoch ms: what the session's clocks start at. */
  readonly claimedAt: number
  /** The sessions that the series had before and that may not have been ended yet. */
  readonly before: readonly string[]
}

/**
 * Remember-me: a row of its own that outlives sessions. A login begins it, each use replaces its token and gives it another
 * session. It has one session at a time.
 */
export interface Series extends SecretState, Versioned {
  readonly id: string
  readonly audience: string
  readonly subject: string
  /** What the login was told to call its session in lists. */
  readonly label: string | undefined
  /** Where its absolute clock starts, epoch ms. */
  readonly createdAt: number
  /** Where its rolling clock starts, epoch ms: the last use. */
  usedAt: number
  session: SeriesSession
  /** It restores nothing any more; its session and then its row are about to be deleted. */
  ended: boolean
  /** Cookie mode: `revokeAll` entries up to this time do not concern it, because the login that began it came later. */
  readonly exemptUntil: number | undefined
}

/** The instants that the clocks of a series are measured from. */
export const seriesInstants = ({ createdAt, usedAt }: Series): Instants => ({
  idle: undefined,
  startedAt: createdAt,
  renewedAt: usedAt,
  touchedAt: usedAt,
})

/** Cookie mode: a `revokeAll` entry of this instant or later ends the series. */
export const seriesSince = ({ createdAt, exemptUntil }: Series): number => Math.max(createdAt, (exemptUntil ?? -1) + 1)

type SeriesTuple = [
  format: 's1',
  id: string,
  audience: string,
  subject: string,
  label: string | null,
  createdAt: number,
  usedAt: number,
  secretHash: string,
  generation: number,
  previous: EarlierTuple[],
  session: [id: string, secret: string, claimedAt: number, ...before: string[]],
  ended: 0 | 1,
  versions?: string[],
  exemptUntil?: number,
]

/** A series as text. */
export function encodeSeries(series: Series): string {
  const { session, previous } = series
  const tuple: SeriesTuple = [
    's1',
    series.id,
    series.audience,
    series.subject,
    series.label ?? null,
    series.createdAt,
    series.usedAt,
    series.secretHash,
    series.generation,
    previous.map(encodeEarlier),
    [session.id, session.secret, session.claimedAt, ...session.before],
    series.ended ? 1 : 0,
    series.versions,
  ]
  if (series.exemptUntil !== undefined) tuple.push(series.exemptUntil)
  return JSON.stringify(tuple)
}

/** The series in an unsealed text. @throws an Error where the text is none. */
export function decodeSeries(text: string): Series {
  const tuple = parseJson(text) as SeriesTuple
  if (!Array.isArray(tuple) || tuple[0] !== 's1') throw new Error('not a remember-me series')
  const [
    ,
    id,
    audience,
    subject,
    label,
    createdAt,
    usedAt,
    secretHash,
    generation,
    previous,
    session,
    ended,
    versions = [],
    exemptUntil,
  ] = tuple
  const [sessionId, secret, claimedAt, ...before] = session
  if (![createdAt, usedAt, claimedAt, generation].every(Number.isFinite)) throw new Error('not a remember-me series')
  return {
    id,
    audience,
    subject,
    label: label ?? undefined,
    createdAt,
    usedAt,
    secretHash,
    generation,
    previous: previous.map(decodeEarlier),
    session: { id: sessionId, secret, claimedAt, before },
    ended: ended === 1,
    exemptUntil,
    versions,
  }
}
