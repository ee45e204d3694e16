import { parseJson } from '../seal/json'

// Absent values are members that are undefined. A missing member would be looked up in Object.prototype, so prototype
// pollution elsewhere in the process could log in a subject everywhere.

/** What one application remembers in a session. */
export interface AudienceEntry {
  /** Who is logged in to this application; undefined while anonymous. */
  subject: string | undefined
  /** When the subject logged in, epoch ms; undefined while anonymous, and after remember-me. */
  authenticatedAt: number | undefined
  /** The label given to `login`. */
  label: string | undefined
  /** Cookie mode: `revokeAll({ except })` entries up to this time exempted this session under an earlier id. */
  exemptUntil: number | undefined
  data: Record<string, unknown>
}

/** An earlier secret of the session, and until when it is honoured (epoch ms). */
export interface PreviousSecret {
  hash: string
  until: number
  /** The successor, wrapped: only the holder of the earlier secret can read it. Undefined after the grace. */
  next: string | undefined
}

/** The client that a session is bound to. */
export interface Bound {
  /** The traits that count. Fixed at login, so that a change of configuration ends no session. */
  traits: BindTrait[]
  hash: string
}

/** A trait of the client that a session can be bound to. */
export type BindTrait = 'ip' | 'scheme' | 'user-agent'

/** Everything that is kept of a session, in a store or in a sealed cookie. */
export interface SessionRecord {
  id: string
  /** When the session began, epoch ms. */
  createdAt: number
  /** The start of the absolute clock, epoch ms. */
  startedAt: number
  /** The start of the rolling clock: the last renewal, epoch ms. */
  renewedAt: number
  /** The start of the idle clock: the last activity, epoch ms. In store mode the row's own is newer. */
  touchedAt: number
  /** The SHA-256 of the current secret; empty in a sealed cookie, which is its own proof. */
  secretHash: string
  /** Earlier secrets, newest first: honoured within their grace, reported as reused afterwards. */
  previous: PreviousSecret[]
  /** What each application keeps, by audience. A Map, so that no audience can collide with Object.prototype. */
  audiences: Map<string, AudienceEntry>
  bound: Bound | undefined
  /** In a session: the id of its remember-me. */
  rememberedBy: string | undefined
  /**
   * In a remember-me: the id of its session, or the token of the session that it has restored, with the secret wrapped
   * under the remember-me's own secret.
   */
  restores: string | undefined
}

/** The most earlier secrets that a record keeps. */
export const MAX_PREVIOUS = 4

/** An empty session that begins now. */
export const newRecord = (id: string, now: number): SessionRecord => ({
  id,
  createdAt: now,
  startedAt: now,
  renewedAt: now,
  touchedAt: now,
  secretHash: '',
  previous: [],
  audiences: new Map(),
  bound: undefined,
  rememberedBy: undefined,
  restores: undefined,
})

/** The entry of an audience; created if it is missing. */
export function entryOf(record: SessionRecord, audience: string): AudienceEntry {
  let entry = record.audiences.get(audience)
  if (!entry) {
    entry = { subject: undefined, authenticatedAt: undefined, label: undefined, exemptUntil: undefined, data: {} }
    record.audiences.set(audience, entry)
  }
  return entry
}

// Tuples, because member names would take a tenth of a cookie's 4096 bytes. JSON has null for what is undefined in between.
type Maybe<T> = T | null | undefined
type EntryTuple = [string, AudienceEntry['data'], Maybe<string>, Maybe<number>, Maybe<string>, Maybe<number>]
type Instants = [createdAt: number, startedAt: number, renewedAt: number, touchedAt: number]
type Links = [Maybe<Bound>, rememberedBy: Maybe<string>, restores: Maybe<string>]
type RecordTuple = [1, string, ...Instants, string, previous: [string, number, string?][], EntryTuple[], ...Links]

/** A record as text. */
export function encodeRecord(record: SessionRecord): string {
  const { id, createdAt, startedAt, renewedAt, touchedAt, secretHash, bound, rememberedBy, restores } = record
  const previous = record.previous.map(({ hash, until, next }) => withoutEnd([hash, until, next]))
  const audiences: unknown[][] = []
  for (const [audience, { data, subject, authenticatedAt, label, exemptUntil }] of record.audiences) {
    audiences.push(withoutEnd([audience, data, subject, authenticatedAt, label, exemptUntil]))
  }
  const instants = [createdAt, startedAt, renewedAt, touchedAt]
  const links = [bound, rememberedBy, restores]
  return JSON.stringify(withoutEnd([1, id, ...instants, secretHash, previous, audiences, ...links]))
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
  const [format, id, createdAt, startedAt, renewedAt, touchedAt, secretHash, previous, audiences] = tuple
  if (format !== 1 || typeof id !== 'string' || ![createdAt, startedAt, renewedAt, touchedAt].every(Number.isFinite)) {
    throw new Error('not a session record')
  }
  return {
    id,
    createdAt,
    startedAt,
    renewedAt,
    touchedAt,
    secretHash,
    previous: previous.map(([hash, until, next]) => ({ hash, until, next })),
    audiences: new Map(audiences.map((entry) => [entry[0], decodeEntry(entry)])),
    bound: tuple[9] ?? undefined,
    rememberedBy: tuple[10] ?? undefined,
    restores: tuple[11] ?? undefined,
  }
}

const decodeEntry = ([, data, subject, authenticatedAt, label, exemptUntil]: EntryTuple): AudienceEntry => ({
  subject: subject ?? undefined,
  authenticatedAt: authenticatedAt ?? undefined,
  label: label ?? undefined,
  exemptUntil: exemptUntil ?? undefined,
  data,
})
