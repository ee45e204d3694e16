import { platform } from '#platform'
import { checkCall, checkKnown, own } from '../check'
import { millisecondWarning, millisecondWarnings } from '../config/milliseconds'
import { resolveOptions } from '../config/options'
import type { TimeLimit } from '../config/session-import'
import type { SessionOptions } from '../config/session-options'
import { SessionConfigError, SessionUsageError } from '../errors'
import type { Report } from '../events/event-log'
import { checkBytes } from '../record/changes'
import type { TimeoutPolicy } from '../record/timeouts'
import type { Versioned } from '../record/versions'
import { depthOf, parseJson } from '../seal/json'
import type { SessionStore } from '../store/store'
import { checkSubject } from './administration'
import { Context } from './context'
import type { Deadline } from './deadline'
import { type OpenedRow, Rows } from './rows'

/** What a caller keeps in a row. */
export interface RowContent {
  /** Anything that JSON can hold, nested at most 512 levels deep, and without a key `__proto__`. */
  readonly data: Readonly<Record<string, unknown>>
  /** Who it belongs to, for `list` and `deleteAll`. Default: no one. */
  readonly subject?: string | undefined
  /** How long the row lives after its last touch, in milliseconds: a finite number. */
  readonly lifetime: number
  /** The last touch, epoch ms. Default: now. A row never goes back behind a later touch. */
  readonly touchedAt?: number | undefined
}

/** Options of {@link sealedRows}. */
export interface SealedRowsOptions
  extends Pick<
    SessionOptions,
    'secret' | 'audience' | 'codec' | 'maxBytes' | 'storeTimeout' | 'circuitBreaker' | 'onEvent' | 'clock'
  > {
  /** Where the rows are kept. Sessions of a manager may be in the same store: neither sees the other's rows. */
  store: SessionStore
  /** What the rows are for. Rows of one kind cannot be read as those of another. */
  kind: string
}

/** A row as it was read or written. Pass it to {@link SealedRows.change}: without competition, that is one store call. */
export interface SealedRow extends RowContent {
  /** The row's public id: safe to log, grants nothing. */
  readonly id: string
  /** When the row was created, epoch ms. */
  readonly createdAt: number
  /** The last touch, epoch ms. */
  readonly touchedAt: number
}

/** Which rows of a subject are meant. */
export interface SubjectRowsOptions {
  /**
   * The most rows to return, at least 1.
   * @default 100
   */
  limit?: number
  /**
   * Only ids greater than this.
   * @default none: from the beginning
   */
  after?: string | undefined
}

/**
 * Rows of another kind in a session store, with core's promises: sealed, merged by compare-and-set, created only by `create`,
 * with a time limit for every operation. Errors of the store are {@link SessionStoreError}s.
 */
export interface SealedRows {
  /** The id of the row for a key that must stay secret, such as a cookie's value: a hash, from which no one finds the key. */
  idOf(key: string): Promise<string>
  /** The live row under an id. Undefined if it is absent, expired, or does not open. */
  find(id: string): Promise<SealedRow | undefined>
  /**
   * Creates a row. Undefined if the id is taken, also by a tombstone.
   * @throws SessionUsageError `ERR_SESSION_NOT_SERIALIZABLE` for data that could not be read back, `ERR_SESSION_TOO_LARGE` above
   * `maxBytes`, `ERR_SESSION_USAGE` for times that are no finite numbers. Nothing is stored.
   */
  create(id: string, content: RowContent): Promise<SealedRow | undefined>
  /**
   * Writes what `change` makes of the newest content, again each time another write was faster.
   * @throws SessionEndedError `ERR_SESSION_ENDED` if the row is gone or has expired; nothing is created.
   * @throws SessionUsageError as {@link create} does. The row stays as it was.
   */
  change(seen: SealedRow, change: (newest: SealedRow) => RowContent): Promise<SealedRow>
  /**
   * Runs the writes to the row of one key, as given to {@link idOf}, one after another, in the order of the calls: within this
   * process they never compete. Each is given the row that the one before it resolved to, if that one was still under way at the
   * call; pass it to {@link change}. A write must not call `inTurn` for the same key.
   * @throws SessionBusyError `ERR_SESSION_BUSY` if the writes before it take longer than `storeTimeout`. It does not run then.
   */
  inTurn(
    key: string,
    write: (id: string, newest: SealedRow | undefined) => Promise<SealedRow | undefined>,
  ): Promise<SealedRow | undefined>
  /** Moves `touchedAt` forward, epoch ms. False if the row is gone. */
  touch(row: Pick<SealedRow, 'id' | 'lifetime'>, touchedAt: number): Promise<boolean>
  /** Deletes a row. With `keepOut`, in milliseconds, its id cannot be created for so long. False if there was none. */
  delete(id: string, keepOut?: number): Promise<boolean>
  /**
   * The live rows of a subject, in order of id.
   * @throws SessionUsageError `ERR_SESSION_UNSUPPORTED` if the store has no index of subjects.
   */
  list(subject: string, page?: SubjectRowsOptions): Promise<SealedRow[]>
  /**
   * Deletes all rows of a subject, but for the one with the id `except`, in batches with a time limit each. Yields how many.
   * @throws SessionUsageError `ERR_SESSION_UNSUPPORTED` if the store has no index of subjects.
   */
  deleteAll(subject: string, options?: { except?: string | undefined }): Promise<number>
  /** Runs a call to another storage, with the same time limit and the same errors as a store call. */
  call<T>(operation: string, id: string, run: () => Promise<T>): Promise<T>
  /** Reports an event to `onEvent`. `subject`: who it is about. Default: no one. */
  emit(event: Report, subject?: string): void
  /** Warns of durations in seconds that look like milliseconds: those of the options, and the caller's own, by their names. */
  warnOfMilliseconds(more: Readonly<Record<string, number | undefined>>): void
  /** The same rows, with one time limit for all calls: that of a request which a manager is opening. */
  within(limit: TimeLimit): SealedRows
  /** The same rows, where they are no sessions: `created`, `expired` and `conflict` are not reported. */
  silent(): SealedRows
}

const KNOWN = [
  'secret',
  'store',
  'kind',
  'audience',
  'codec',
  'maxBytes',
  'storeTimeout',
  'circuitBreaker',
  'onEvent',
  'clock',
]

/**
 * Keeps rows of another kind in a session store: what a package needs that stores sessions in its own shape.
 * @example
 * const rows = sealedRows({ secret, store, kind: 'imported session' })
 * const claimed = await rows.create(await rows.idOf(oldCookie), { data: { session: id }, lifetime: 86_400_000 })
 * @throws SessionConfigError naming the option that is missing, unknown or wrong.
 */
export function sealedRows(options: SealedRowsOptions): SealedRows {
  const { kind: name, ...given } = checkKnown('', options, KNOWN)
  if (!given.store)
    throw new SessionConfigError('store', 'is missing: pass redisStore(client), postgresStore(pool) or memoryStore()')
  if (typeof name !== 'string' || name === '')
    throw new SessionConfigError('kind', 'is missing: name what the rows are for')
  const kind = `rows of ${name}`
  const resolved = resolveOptions(given)
  const context = new Context(resolved)
  const subjectKey = (subject: string) => context.subjectKey(resolved.audience, subject, kind)
  const rows = new Rows<Kept>(context, resolved.store!, {
    purpose: kind,
    timeouts: ({ lifetime }) => ({ ...ONLY_IDLE, idle: lifetime }),
    encode: encodeContent,
    decode: decodeContent,
    instants: ({ createdAt, touchedAt }) => ({
      startedAt: createdAt,
      renewedAt: createdAt,
      touchedAt,
      idle: undefined,
    }),
    subjectKeys: async ({ subject }) => (subject === undefined ? [] : [await subjectKey(subject)]),
  })
  const seen = new WeakMap<SealedRow, OpenedRow<Kept>>()
  const idOf = async (key: string) => platform.sha256(JSON.stringify([kind, key]))
  const writes = context.writesInTurn<SealedRow | undefined>(idOf)

  /** The row as callers see it, frozen: it stands for what is stored. */
  function shown(opened: OpenedRow<Kept>): SealedRow {
    const { versions, ...record } = decodeContent(opened.text, opened.row.touchedAt)
    const row = Object.freeze(record)
    seen.set(row, opened)
    return row
  }

  function next(
    id: string,
    createdAt: number,
    versions: string[],
    content: RowContent,
    before?: OpenedRow<Kept>,
  ): Kept {
    const { data, subject, lifetime, touchedAt = context.now() } = own(content, 'content')
    if (!Number.isFinite(touchedAt + lifetime)) {
      throw new SessionUsageError('ERR_SESSION_USAGE', 'lifetime and touchedAt must be finite numbers')
    }
    const kept = { id, createdAt, data, subject, lifetime, touchedAt, versions }
    checkBytes(readableText(kept), resolved.maxBytes, () => before?.text ?? '')
    return kept
  }

  const emit: SealedRows['emit'] = (event, subject) => context.events.emit(event, subject)
  const view = (deadline: () => Deadline, report: SealedRows['emit']): SealedRows => ({
    idOf,

    async find(id) {
      const opened = await rows.find(id, deadline())
      if (!opened) return undefined
      if (rows.isAlive(opened.record, opened.row, context.now())) return shown(opened)
      report({ type: 'expired', id, reason: 'idle' }, opened.record.subject)
      return undefined
    },

    async create(id, content) {
      const opened = await rows.seal(next(id, context.now(), [], content))
      if (!(await rows.insert(opened, deadline()))) return undefined
      report({ type: 'created', id }, opened.record.subject)
      return shown(opened)
    },

    change(row, change) {
      const loaded = seen.get(row)
      if (!loaded)
        throw new SessionUsageError('ERR_SESSION_USAGE', 'change() takes a row that find() or create() has returned')
      return rows.rewrite(
        loaded,
        async (base) => {
          const { createdAt, versions } = decodeContent(base.text, base.row.touchedAt)
          return {
            next: next(row.id, createdAt, versions, change(shown(base)), base),
            check: undefined,
            done: (opened) => shown(opened),
          }
        },
        deadline(),
        { onConflict: (id) => report({ type: 'conflict', id }, loaded.record.subject), onFailure: undefined },
      )
    },

    inTurn: (key, write) => writes.run(key, async (newest) => write(await idOf(key), newest)),

    touch: ({ id, lifetime }, touchedAt) =>
      rows.touch(
        id,
        { touchedAt, renewedAt: touchedAt, startedAt: touchedAt, idle: undefined },
        { ...ONLY_IDLE, idle: lifetime },
        deadline(),
      ),

    delete: (id, keepOut) => rows.delete(id, deadline(), keepOut),

    async list(subject, page = {}) {
      checkSubject('list', subject)
      const { limit = 100, after } = checkCall('list', page, ['limit', 'after'])
      const found = await rows.list(
        await subjectKey(subject),
        limit,
        after,
        deadline(),
        (opened) => opened.record.subject === subject && rows.isAlive(opened.record, opened.row, context.now()),
      )
      return found.map(shown)
    },

    async deleteAll(subject, options = {}) {
      checkSubject('revokeAll', subject)
      const { except } = checkCall('revokeAll', options, ['except'])
      return rows.deleteAll(await subjectKey(subject), except)
    },

    call: (operation, id, run) => deadline().callElsewhere(operation, id, run),
    emit,
    warnOfMilliseconds(more) {
      const others = Object.entries(more).flatMap(([option, seconds]) => millisecondWarning(option, seconds))
      for (const warning of [...millisecondWarnings(given), ...others]) {
        context.events.emit({ type: 'config-warning', ...warning }, undefined, true)
      }
    },
    within: (given) => view(() => given as Deadline, report),
    silent: () => view(deadline, () => {}),
  })
  return view(() => context.deadline(), emit)
}

/** One clock, as long as the row says. */
const ONLY_IDLE: TimeoutPolicy = {
  idle: 0,
  rolling: 0,
  absolute: 0,
  renewAfter: 0.75,
  staleTtl: 0,
  graceFrom: 'renewal',
  touchThreshold: 0,
  longest: 0,
}

/** The content with what this module keeps beside it. */
interface Kept extends Versioned {
  readonly id: string
  readonly createdAt: number
  readonly data: RowContent['data']
  readonly subject: string | undefined
  readonly lifetime: number
  readonly touchedAt: number
}

type Text = [
  format: 'k1',
  id: string,
  createdAt: number,
  lifetime: number,
  subject: string | null,
  data: RowContent['data'],
  versions: string[],
]

/** A row's content as text. */
function encodeContent({ id, createdAt, lifetime, subject, data, versions }: Kept): string {
  const text: Text = ['k1', id, createdAt, lifetime, subject ?? null, data, versions]
  return JSON.stringify(text)
}

/** How many levels of objects and arrays `data` may have. Callers copy it with functions that recurse, and all need the stack. */
const MAX_DEPTH = 512

/** A row's content as text. @throws SessionUsageError `ERR_SESSION_NOT_SERIALIZABLE` if the text could not be read back. */
function readableText(content: Kept): string {
  try {
    const text = encodeContent(content)
    // The list in the text is one more level.
    if (depthOf(JSON.parse(text)) <= MAX_DEPTH + 1) return text
    throw new RangeError(`it is nested more than ${MAX_DEPTH} levels deep`)
  } catch (error) {
    const message = `The data cannot be stored as JSON: ${(error as Error).message}. Nothing was stored.`
    throw new SessionUsageError('ERR_SESSION_NOT_SERIALIZABLE', message)
  }
}

/** @throws an Error for a text that {@link encodeContent} has not made. */
function decodeContent(text: string, touchedAt: number): Kept {
  const [format, id, createdAt, lifetime, subject, data, versions] = parseJson(text) as Text
  if (format !== 'k1') throw new Error('not the content of a row')
  return { id, createdAt, lifetime, subject: subject ?? undefined, data, versions, touchedAt }
}
