import { platform } from '#platform'
import type { ResolvedOptions } from '../config/options'
import { EventLog } from '../events'
import type { HttpCarrier } from '../http/carrier'
import type { SessionRecord } from '../record/record'
import { type ClockName, type Instants, verdict } from '../record/timeouts'
import { cachedCodec, compressedCodec, ironCodec, plainCodec, type SessionCodec } from '../seal/codec'
import { Deadline } from './deadline'

const LOOPBACK = /^(?:(?:[\w-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i

/** Unsealed texts that are kept at hand, in characters: some thousands of sessions. */
const CACHED_CHARACTERS = 8_000_000

/** What every part of a manager shares: its configuration, its clock, its codec and its events. */
export class Context {
  readonly events: EventLog
  readonly codec: SessionCodec
  /** What a sealed cookie, and a stored row, is sealed for. */
  readonly purpose: { readonly cookie: string; readonly row: string }

  constructor(
    readonly options: ResolvedOptions,
    private readonly kind: 'session' | 'remember' = 'session',
    events?: EventLog,
  ) {
    this.events = events ?? new EventLog(options.onEvent)
    this.codec = options.store?.inMemory ? plainCodec(options.keys) : cachedCodec(sealing(options), CACHED_CHARACTERS)
    this.purpose = { cookie: `${options.cookie.name} ${kind}`, row: `${options.cookie.name} ${kind} row` }
  }

  now(): number {
    return this.options.clock()
  }

  budget(): Deadline {
    return new Deadline(this.options.storeTimeout, this.events)
  }

  private readonly underway = new Set<Promise<unknown>>()
  private insecureNoted = false

  /** Lets work go on that no response waits for. It must not reject. */
  background(work: Promise<unknown>): void {
    this.underway.add(work)
    work.finally(() => this.underway.delete(work))
  }

  /** Resolves when no background work is left. */
  async settled(): Promise<void> {
    while (this.underway.size > 0) await Promise.all(this.underway)
  }

  /** Says, once, why a login over plain http does not last. On loopback hosts browsers keep Secure cookies all the same. */
  noteInsecure(carrier: HttpCarrier): void {
    const { secure, name } = this.options.cookie
    if (this.insecureNoted || !secure || carrier.secure || LOOPBACK.test(carrier.requestHeader('host') ?? '')) return
    this.insecureNoted = true
    this.events.emit({
      type: 'cookie-not-kept',
      message:
        `${name} is a Secure cookie and the request came over plain http, so browsers drop it. Behind a proxy that ends TLS, ` +
        "switch on the framework's trust proxy setting; for plain http in development, set cookie.secure to false and cookie.name to a name without prefix.",
    })
  }

  /** Whether a session's time is over, and with what outcome; said to the observer as well. */
  reportOver(
    record: Instants & { id: string },
    now: number,
  ): { outcome: 'rejected' | `expired:${ClockName}` } | undefined {
    const { id } = record
    const clock = verdict(record, this.options.timeouts, now)
    if (clock === 'alive') return undefined
    if (clock === 'ahead') {
      this.events.emit({ type: 'rejected', id, reason: 'instant' })
      return { outcome: 'rejected' }
    }
    this.events.emit({ type: 'expired', id, clock })
    return { outcome: `expired:${clock}` }
  }

  /** What stores know a subject by: a hash, so that no store holds a name and no application sees another's subjects. */
  async subjectKey(audience: string, subject: string, kind = this.kind): Promise<string> {
    return platform.sha256(JSON.stringify(kind === 'session' ? [audience, subject] : [audience, subject, kind]))
  }

  /** The subject keys of all slots of a record. */
  async subjectKeys(record: SessionRecord): Promise<string[]> {
    const keys: string[] = []
    for (const [audience, { subject }] of record.slots) {
      if (subject !== undefined) keys.push(await this.subjectKey(audience, subject))
    }
    return keys
  }
}

function sealing({ codec, keys, store, compress }: ResolvedOptions): SessionCodec {
  const chosen = codec ?? ironCodec(keys)
  return store ? chosen : compressedCodec(chosen, compress)
}
