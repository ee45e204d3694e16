import { memberOf } from '../check'
import { millisecondWarning } from '../config/milliseconds'
import type { ResolvedOptions } from '../config/options'
import { SessionBusyError } from '../errors'
import { EventLog, type Report, subjectKey } from '../events/event-log'
import type { SessionMessage } from '../events/messages'
import type { HttpCarrier } from '../http/carrier'
import type { SessionRecord } from '../record/record'
import { type ClockName, type Instants, verdict } from '../record/timeouts'
import { cachedCodec, compressedCodec, ironCodec, plainCodec, type SessionCodec } from '../seal/codec'
import { CircuitBreaker } from '../store/circuit-breaker'
import { kindOf } from '../store/kind'
import { KeyedQueue } from '../store/queue'
import { Background } from './background'
import { Deadline } from './deadline'

const LOOPBACK = /^(?:(?:[\w-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i

/** The size of the cache of unsealed texts, in characters: some thousands of sessions. */
const CACHED_CHARACTERS = 8_000_000

/** What all parts of a manager share: configuration, clock, codec, events and background work. */
export class Context {
  readonly events: EventLog
  readonly codec: SessionCodec
  readonly background = new Background()
  /** What messages of operations say of the application. */
  readonly source: Pick<SessionMessage, 'audience' | 'store'>
  private readonly storeSource: Pick<SessionMessage, 'audience' | 'store'> | undefined
  private readonly breaker: CircuitBreaker | undefined
  private insecureWarned = false
  private withinWarned = false

  /** `isQuiet`: channels are told nothing, because no request is served. */
  constructor(
    readonly options: ResolvedOptions,
    readonly isQuiet = false,
  ) {
    this.events = new EventLog(options, isQuiet)
    const { audience, circuitBreaker, clock } = options
    const store = options.store ?? options.revocations
    this.source = { audience, store: options.store ? kindOf(options.store) : 'cookie' }
    this.storeSource = isQuiet ? undefined : { audience, store: kindOf(store) }
    this.breaker = store && circuitBreaker && new CircuitBreaker(store, circuitBreaker, clock)
    this.codec =
      options.store && memberOf(options.store, 'inMemory')
        ? plainCodec(options.keys)
        : cachedCodec(sealing(options), CACHED_CHARACTERS)
  }

  now(): number {
    return this.options.clock()
  }

  /** The time limit of an operation that begins now. */
  deadline(): Deadline {
    return new Deadline(this.options.storeTimeout, this.events, this.storeSource, this.breaker)
  }

  /** The same for calls that the breaker lets through, because something else bounds how many there are. */
  insistentDeadline(): Deadline {
    return new Deadline(this.options.storeTimeout, this.events, this.storeSource, this.breaker, true)
  }

  /**
   * A queue for the writes to each row. `idOf` yields the public id of a key.
   * @throws SessionBusyError from `run`, if the writes before one are not done within the time limit.
   */
  writesInTurn<Result>(idOf: (key: string) => string | Promise<string>): KeyedQueue<Result> {
    return new KeyedQueue(async (turn, key) => {
      if (!(await this.deadline().waitFor(turn))) throw new SessionBusyError(await idOf(key))
    })
  }

  /** Cleans up in the background after an operation that failed half-way. */
  cleanUp(attempt: (deadline: Deadline) => Promise<unknown>): void {
    this.background.cleanUp((insists) => attempt(insists ? this.insistentDeadline() : this.deadline()))
  }

  /** Reports an event about a session, and about who is logged in to it. */
  report(event: Report, record: Pick<SessionRecord, 'audiences'> | undefined): void {
    this.events.emit(event, record?.audiences.get(this.options.audience)?.subject)
  }

  /** Warns, once, that a browser drops a Secure cookie over plain http. On loopback hosts browsers keep it. */
  warnIfInsecure(carrier: HttpCarrier): void {
    const { secure, name } = this.options.cookie
    if (this.insecureWarned || !secure || carrier.secure || LOOPBACK.test(carrier.requestHeader('host') ?? '')) return
    this.insecureWarned = true
    this.events.emit({
      type: 'cookie-not-kept',
      message:
        `${name} is a Secure cookie and the request came over plain http, so browsers drop it. Behind a proxy that ends TLS, ` +
        "switch on the framework's trust proxy setting; for plain http in development, set cookie.secure to false and cookie.name to a name without prefix.",
    })
  }

  /** Warns, once, if `within` of `requireFresh` looks as if it was given in milliseconds. */
  warnOfWithin(within: number | undefined): void {
    const [warning] = this.withinWarned ? [] : millisecondWarning('requireFresh.within', within)
    if (!warning) return
    this.withinWarned = true
    this.events.emit({ type: 'config-warning', ...warning }, undefined, true)
  }

  /** The outcome for a session whose clock has run out, reported as an event; undefined if it is alive. */
  reportExpiry(
    record: Instants & Pick<SessionRecord, 'id' | 'audiences'>,
    now: number,
  ): { outcome: 'rejected' | `expired:${ClockName}` } | undefined {
    const { id } = record
    const clock = verdict(record, this.options.timeouts, now)
    if (clock === 'alive') return undefined
    if (clock === 'ahead') {
      this.events.emit({ type: 'rejected', id, reason: 'instant' })
      return { outcome: 'rejected' }
    }
    this.report({ type: 'expired', id, reason: clock }, record)
    return { outcome: `expired:${clock}` }
  }

  /** The name of a subject in stores: a hash, so that no store holds a subject and no application sees another's subjects. */
  subjectKey(audience: string, subject: string, kind = 'session'): string | Promise<string> {
    return subjectKey(audience, subject, kind)
  }

  /** The keys of all subjects of a record. */
  async subjectKeys(record: SessionRecord): Promise<string[]> {
    const keys: string[] = []
    for (const [audience, { subject }] of record.audiences) {
      if (subject !== undefined) keys.push(await this.subjectKey(audience, subject))
    }
    return keys
  }
}

function sealing({ codec, keys, store, compress }: ResolvedOptions): SessionCodec {
  const chosen = codec ?? ironCodec(keys)
  return store ? chosen : compressedCodec(chosen, compress)
}
