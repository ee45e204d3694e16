import { parseJson } from '../seal/json'
import { decodeEarlier, type EarlierTuple, encodeEarlier, type SecretState } from './secrets'
import type { Versioned } from './versions'

// Absent values are members that are undefined. A missing member would be looked up in Object.prototype, so prototype
// pollution elsewhere in the process could log in a subject everywhere.

/** What one application remembers in a session. */
export interface AudienceEntry {
  /** Who is logged in to this application; undefined while anonymous. */
  subject: string | undefined
  /** When the subject logged in, epoch ms; undefined while anonymous, and after remember-me. */
  authenticatedAt: number | undefined
  /** The level given to the login; undefined without one, and after remember-me. */
  level: number | undefined
  /** The label given to `login`. */
  label: string | undefined
  /**
   * Cookie mode: `revokeAll` entries up to this time do not concern this login. It came later, which the clocks of two
   * machines may not show, or the session was exempt under an earlier id.
   */
  exemptUntil: number | undefined
  /** The id of the remember-me series that the login began. */
  series: string | undefined
  /** The series has begun this session, and no request has come back with it yet. */
  unconfirmed: boolean
  data: Record<string, unknown>
}

/** The client that a session is bound to. */
export interface Bound {
  /** The traits that count. Fixed at login, so that a change of configuration ends no session. */
  traits: BindTrait[]
  hash: string
}

/**
 * A trait of the client that a session can be bound to. `ip/64`, `ip/56` and `ip/48` compare that many bits of an IPv6 address,
 * and the whole of an IPv4 address.
 */
export type BindTrait = 'ip' | 'ip/64' | 'ip/56' | 'ip/48' | 'scheme' | 'user-agent'

/** Everything that is kept of a session, in a store or in a sealed cookie. */
export interface SessionRecord extends SecretState, Versioned {
  id: string
  /** When the session began, epoch ms. */
  createdAt: number
  /** The start of the absolute clock, epoch ms. */
  startedAt: number
  /** The start of the rolling clock: the last renewal, epoch ms. */
  renewedAt: number
  /** The start of the idle clock: the last activity, epoch ms. In store mode the row's own is newer. */
  touchedAt: number
  /** The session's own idle clock, in milliseconds; undefined for the configured one. */
  idle: number | undefined
  /** The generation of the token that the last login issued; 0 before any. Older tokens end nothing. */
  loginGeneration: number
  /** The generation of the token that the last login or `regenerate` issued; 0 before any. See `continues`. */
  replacedGeneration: number
  /** What each application keeps, by audience. A Map, so that no audience can collide with Object.prototype. */
  audiences: Map<string, AudienceEntry>
  bound: Bound | undefined
  /** When a session that was imported from another library ends at the latest, epoch ms. A login takes it away. */
  endsAt: number | undefined
}

/** A copy to change. The values in `data` are shared with the original: they are replaced, never changed. */
export function copyRecord(record: SessionRecord): SessionRecord {
  const audiences = new Map<string, AudienceEntry>()
  for (const [name, entry] of record.audiences) audiences.set(name, { ...entry, data: { ...entry.data } })
  return { ...record, audiences, previous: record.previous.map((earlier) => ({ ...earlier })) }
}

/** Whether the session was used since its last login to this application, as far as the store knows. */
export function isUsed({ audiences, createdAt, touchedAt }: SessionRecord, audience: string): boolean {
  return touchedAt > (audiences.get(audience)?.authenticatedAt ?? createdAt)
}

/** An empty session that begins now. */
export const newRecord = (id: string, now: number): SessionRecord => ({
  id,
  createdAt: now,
  startedAt: now,
  renewedAt: now,
  touchedAt: now,
  idle: undefined,
  // A sealed cookie is its own proof and has no secret.
  secretHash: '',
  generation: 0,
  loginGeneration: 0,
  replacedGeneration: 0,
  previous: [],
  audiences: new Map(),
  bound: undefined,
  endsAt: undefined,
  versions: [],
})

/** The entry of an audience; created if it is missing. */
export function entryOf(record: SessionRecord, audience: string): AudienceEntry {
  let entry = record.audiences.get(audience)
  if (!entry) {
    entry = decodeEntry([audience, {}])
    record.audiences.set(audience, entry)
  }
  return entry
}

/** A remember-me series, and the subject that it logs in. */
export interface SeriesName {
  readonly id: string
  readonly subject?: string | undefined
}

/** The series that the login to one application began. */
export const seriesNameOf = (entry: AudienceEntry | undefined): SeriesName | undefined =>
  entry?.series === undefined ? undefined : { id: entry.series, subject: entry.subject }

/** The remember-me series that a session's entries name. */
export const seriesOf = ({ audiences }: Pick<SessionRecord, 'audiences'>): string[] =>
  [...audiences.values()].flatMap(({ series }) => series ?? [])

// Tuples, because member names would take a tenth of a cookie's 4096 bytes. JSON has null for what is undefined in between.
type Maybe<T> = T | null | undefined
type Login = [
  subject?: Maybe<string>,
  authenticatedAt?: Maybe<number>,
  label?: Maybe<string>,
  exemptUntil?: Maybe<number>,
]
type EntryTuple = [
  string,
  AudienceEntry['data'],
  ...Login,
  series?: Maybe<string>,
  unconfirmed?: Maybe<1>,
  level?: Maybe<number>,
]
type Instants = [createdAt: number, startedAt: number, renewedAt: number, touchedAt: number]
type Secrets = [hash: string, generation: number, login: number, replaced: number, ...EarlierTuple[]]
type RecordTuple = [
  1,
  string,
  ...Instants,
  Secrets | 0,
  EntryTuple[],
  bound?: Maybe<Bound>,
  versions?: Maybe<string[]>,
  idle?: Maybe<number>,
  endsAt?: number,
]

/** A record as text. */
export function encodeRecord(record: SessionRecord): string {
  const { id, createdAt, startedAt, renewedAt, touchedAt, secretHash, previous, bound, idle, endsAt } = record
  const versions = record.versions.length > 0 ? record.versions : undefined
  const generations = [record.generation, record.loginGeneration, record.replacedGeneration]
  const secrets = secretHash ? [secretHash, ...generations, ...previous.map(encodeEarlier)] : 0
  const audiences: unknown[][] = []
  for (const [audience, entry] of record.audiences) {
    const { data, subject, authenticatedAt, label, exemptUntil, series, unconfirmed, level } = entry
    const login = [subject, authenticatedAt, label, exemptUntil, series, unconfirmed ? 1 : undefined, level]
    audiences.push(withoutEnd([audience, data, ...login]))
  }
  return JSON.stringify(
    withoutEnd([1, id, createdAt, startedAt, renewedAt, touchedAt, secrets, audiences, bound, versions, idle, endsAt]),
  )
}

/** A tuple without the undefined values at its end. */
function withoutEnd(tuple: unknown[]): unknown[] {
  while (tuple.at(-1) === undefined) tuple.pop()
  return tuple
}

/**
 * The record in a text, as new objects. The text was unsealed before, so a wrong shape means another version of the
 * library, another codec, or another use of the same secret.
 * @throws Error if the text is not a record.
 */
export function decodeRecord(text: string): SessionRecord {
  const tuple = parseJson(text) as RecordTuple
  const [format, id, createdAt, startedAt, renewedAt, touchedAt, secrets, audiences] = tuple
  const [secretHash, generation, login, replaced, ...previous] = secrets || (['', 0, 0, 0] satisfies Secrets)
  const bound = tuple[8] ?? undefined
  const idle = tuple[10] ?? undefined
  const endsAt = tuple[11] ?? undefined
  const numbers = [createdAt, startedAt, renewedAt, touchedAt, generation, idle ?? 0, endsAt ?? 0]
  const isRecord = format === 1 && typeof id === 'string' && numbers.every(Number.isFinite)
  if (!isRecord || (bound && !Array.isArray(bound.traits))) throw new Error('not a session record')
  return {
    id,
    createdAt,
    startedAt,
    renewedAt,
    touchedAt,
    idle,
    secretHash,
    generation,
    loginGeneration: login,
    replacedGeneration: replaced,
    previous: previous.map(decodeEarlier),
    audiences: new Map(audiences.map((entry) => [entry[0], decodeEntry(entry)])),
    bound,
    endsAt,
    versions: tuple[9] ?? [],
  }
}

function decodeEntry(tuple: EntryTuple): AudienceEntry {
  const [audience, data, subject, authenticatedAt, label, exemptUntil, series, unconfirmed, level] = tuple
  if (typeof audience !== 'string' || typeof data !== 'object') throw new Error('not a session record')
  return {
    subject: subject ?? undefined,
    authenticatedAt: authenticatedAt ?? undefined,
    level: level ?? undefined,
    label: label ?? undefined,
    exemptUntil: exemptUntil ?? undefined,
    series: series ?? undefined,
    unconfirmed: unconfirmed === 1,
    data,
  }
}
