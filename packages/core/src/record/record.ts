import { parseJson } from '../seal/json'

// What may be absent is a member all the same, and undefined: one that is missing would be looked for in Object.prototype,
// and whoever can write to that, by a hole elsewhere in the process, would be everybody's subject.

/** What one application remembers in a session. */
export interface AudienceEntry {
  /** Whose session it is to this application; absent while anonymous. */
  subject: string | undefined
  /** When the subject logged in, epoch ms; absent while anonymous, and in a session that remember-me restored. */
  authenticatedAt: number | undefined
  /** What `login` was told to call this session in lists. */
  label: string | undefined
  /** In a sealed cookie: up to this instant, revocations of the subject have spared the session under an id it had then. */
  sparedUntil: number | undefined
  data: Record<string, unknown>
}

/** A secret that was this session's, and until when it is still honoured (epoch ms). */
export interface PreviousSecret {
  hash: string
  until: number
  /** The secret that came after it, hidden under it: only who holds this one can read that one. Empty after its grace. */
  next: string
}

/** What the client looked like when the session began, where it is bound to that. */
export interface Bound {
  /** Which of its traits count: decided at login, so that a change of configuration ends nobody's session. */
  traits: BindTrait[]
  hash: string
}

/** A trait of the client that a session can be bound to. */
export type BindTrait = 'ip' | 'scheme' | 'user-agent'

/** What is remembered of a session, in a store or in a sealed cookie. */
export interface SessionRecord {
  id: string
  /** When the session began, epoch ms. */
  createdAt: number
  /** Where the absolute clock starts, epoch ms. */
  startedAt: number
  /** Where the rolling clock starts, epoch ms. */
  renewedAt: number
  /** Where the idle clock starts, epoch ms. Store mode keeps a later one beside the record. */
  touchedAt: number
  /** The SHA-256 of the current secret; empty in a sealed cookie, which is its own proof. */
  secretHash: string
  /** Earlier secrets, newest first: honoured within their grace, recognised as stolen afterwards. */
  previous: PreviousSecret[]
  /** By audience. A Map, so that no name of an application can be a member of Object.prototype. */
  slots: Map<string, AudienceEntry>
  bound: Bound | undefined
  /** In a session: the id of the remember-me that restores it. */
  rememberedBy: string | undefined
  /**
   * In a remember-me: the id of the session it belongs to; of one it has restored the token, with the secret hidden under
   * the remember-me's own.
   */
  restores: string | undefined
}

/** At most so many earlier secrets are remembered. */
export const MAX_PREVIOUS = 4

/** A session that begins now and holds nothing. */
export const newRecord = (id: string, now: number): SessionRecord => ({
  id,
  createdAt: now,
  startedAt: now,
  renewedAt: now,
  touchedAt: now,
  secretHash: '',
  previous: [],
  slots: new Map(),
  bound: undefined,
  rememberedBy: undefined,
  restores: undefined,
})

/** The slot of an audience, made where there is none. */
export function entryOf(record: SessionRecord, audience: string): AudienceEntry {
  let slot = record.slots.get(audience)
  if (!slot) {
    slot = { subject: undefined, authenticatedAt: undefined, label: undefined, sparedUntil: undefined, data: {} }
    record.slots.set(audience, slot)
  }
  return slot
}

type Extras = Partial<Pick<SessionRecord, 'bound' | 'rememberedBy' | 'restores'>>

// Tuples: a cookie has 4096 bytes, and member names would take a tenth of them.
type RecordTuple = [
  format: 1,
  id: string,
  createdAt: number,
  startedAt: number,
  renewedAt: number,
  touchedAt: number,
  secretHash: string,
  previous: [hash: string, until: number, next?: string][],
  slots: [
    audience: string,
    data: Record<string, unknown>,
    subject?: string | null,
    at?: number | null,
    label?: string | null,
    sparedUntil?: number,
  ][],
  extras?: Extras,
]

/** A record as text. */
export function encodeRecord(record: SessionRecord): string {
  const tuple: RecordTuple = [
    1,
    record.id,
    record.createdAt,
    record.startedAt,
    record.renewedAt,
    record.touchedAt,
    record.secretHash,
    record.previous.map(({ hash, until, next }) => (next ? [hash, until, next] : [hash, until])),
    [...record.slots].map(([audience, { data, subject, authenticatedAt, label, sparedUntil }]) => {
      if (sparedUntil !== undefined) return [audience, data, subject, authenticatedAt, label ?? null, sparedUntil]
      if (label !== undefined) return [audience, data, subject, authenticatedAt, label]
      if (authenticatedAt !== undefined) return [audience, data, subject, authenticatedAt]
      return subject === undefined ? [audience, data] : [audience, data, subject]
    }),
  ]
  const { bound, rememberedBy, restores } = record
  if (bound || rememberedBy || restores) tuple.push({ bound, rememberedBy, restores })
  return JSON.stringify(tuple)
}

/**
 * The record in a text, in objects of its own. Only unsealed text is read, so a wrong shape means another version of the
 * library, another codec, or another use of the same secret.
 * @throws an Error where the text is not a record.
 */
export function decodeRecord(text: string): SessionRecord {
  const tuple = parseJson(text) as RecordTuple
  if (!Array.isArray(tuple) || tuple[0] !== 1) throw new Error('not a session record')
  const [, id, createdAt, startedAt, renewedAt, touchedAt, secretHash, previous, slots, extras] = tuple
  const record: SessionRecord = {
    id,
    createdAt,
    startedAt,
    renewedAt,
    touchedAt,
    secretHash,
    previous: previous.map(([hash, until, next = '']) => ({ hash, until, next })),
    slots: new Map(slots.map((slot) => [slot[0], decodeSlot(slot)])),
    bound: undefined,
    rememberedBy: undefined,
    restores: undefined,
    ...extras,
  }
  if (typeof id !== 'string' || ![createdAt, startedAt, renewedAt, touchedAt].every(Number.isFinite)) {
    throw new Error('not a session record')
  }
  return record
}

const decodeSlot = ([, data, subject, authenticatedAt, label, sparedUntil]: RecordTuple[8][number]): AudienceEntry => ({
  subject: subject ?? undefined,
  authenticatedAt: authenticatedAt ?? undefined,
  label: label ?? undefined,
  sparedUntil: sparedUntil ?? undefined,
  data,
})
