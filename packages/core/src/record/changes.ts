import { entryOf, MAX_PREVIOUS, type SessionRecord } from './record'

/** What a request changed in `session.data`, by top-level key: the new value, or undefined where the key was deleted. */
export type Edits = ReadonlyMap<string, unknown>

// Every function here changes the record it is given, which is the caller's own copy, and nothing else.

export function applyEdits(record: SessionRecord, audience: string, edits: Edits): void {
  if (edits.size === 0) return
  const { data } = entryOf(record, audience)
  for (const [key, value] of edits) {
    if (value === undefined) delete data[key]
    else data[key] = value
  }
}

/** A timer-driven renewal: new secret, same session; the old secret is honoured for its grace, and leads to the new one. */
export function renew(record: SessionRecord, hash: string, hidden: string, now: number, grace: number): void {
  const former = { hash: record.secretHash, until: now + grace, next: hidden }
  record.previous = [former, ...record.previous].slice(0, MAX_PREVIOUS)
  record.secretHash = hash
  record.renewedAt = now
}

/** A privilege change: new secret, and no grace for any earlier one. */
export function replaceSecret(record: SessionRecord, hash: string, now: number): void {
  record.previous = []
  record.secretHash = hash
  record.renewedAt = now
}

/** Secrets whose grace is over lead nowhere any more. */
export function forgetSuccessors(record: SessionRecord, now: number): void {
  for (const former of record.previous) if (now > former.until) former.next = ''
}

/** Whose secret a request has come with, by its hash. */
export function classifySecret(
  record: SessionRecord,
  hash: string,
  now: number,
): 'current' | 'stale' | 'reused' | 'foreign' {
  // Both are hashes of 256 random bits: how long the comparison takes says nothing that could be used.
  if (record.secretHash === hash) return 'current'
  const earlier = record.previous.find((previous) => previous.hash === hash)
  if (!earlier) return 'foreign'
  return now <= earlier.until ? 'stale' : 'reused'
}

/** What the caller of `login` decides. */
export interface Login {
  subject: string
  label: string | undefined
}

/**
 * Puts a subject into the slot. An anonymous slot and the same subject keep their data, another subject starts empty.
 * Starts the absolute clock again unless another application has somebody logged in.
 */
export function logIn(record: SessionRecord, audience: string, login: Login, now: number, sameSubject: boolean): void {
  const slot = entryOf(record, audience)
  if (slot.subject !== undefined && slot.subject !== login.subject) slot.data = {}
  slot.subject = login.subject
  slot.authenticatedAt = now
  slot.sparedUntil = undefined
  slot.label = login.label
  const others = [...record.slots].filter(([name, other]) => name !== audience && other.subject !== undefined)
  for (const [name, other] of sameSubject ? others : []) if (other.subject !== login.subject) record.slots.delete(name)
  const shared = others.some(([name]) => record.slots.has(name))
  if (!shared) record.startedAt = now
}
