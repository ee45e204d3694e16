import { checkCall } from '../check'
import type { ResolvedOptions } from '../config/options'
import { isSessionError, SessionUsageError } from '../errors'
import type { SessionEvent } from '../events/events'
import type { SessionOutcome } from '../events/outcome'
import type { HttpCarrier } from '../http/carrier'
import { isWithheld, requestCookies } from '../http/withheld'
import { Administration, type SessionSummary } from '../persistence/administration'
import type { Deadline } from '../persistence/deadline'
import { hasSession, type Inspected, type Opened } from '../persistence/persistence'
import type { BindTrait } from '../record/record'
import { type ClockName, ends } from '../record/timeouts'
import { readOnlyRevocations, readOnlyStore } from '../store/read-only'
import { type ExplainedReason, reasonOf, sentenceOf } from './explain-reason'
import { openCookies, openValue } from './open'
import type { Engine } from './state'

/** Options of `explain`. */
export interface ExplainOptions {
  /**
   * Whether to return the session's data too.
   * @default false
   */
  data?: boolean
}

/** One clock of a session. */
export interface ExplainedClock {
  /** What it counts from, epoch ms: the last activity, the last renewal, or the login. */
  readonly startedAt: number
  /** When it runs out, epoch ms; Infinity if it is off. */
  readonly endsAt: number
}

/** The session that a cookie of ours names, alive or not. */
export interface ExplainedSession {
  /** Its public id. */
  readonly id: string
  /** Who is logged in to this application; undefined while anonymous. */
  readonly subject: string | undefined
  /** The label given to `login`. */
  readonly label: string | undefined
  /** The level given to `login`. */
  readonly level: number | undefined
  /** When the session began, epoch ms. */
  readonly createdAt: number
  /** When the subject logged in, epoch ms; undefined while anonymous, and after remember-me. */
  readonly authenticatedAt: number | undefined
  /** The last activity, epoch ms, exact to `timeouts.touchThreshold`. */
  readonly lastActiveAt: number
  /** Its clocks by name, those that are off included. */
  readonly clocks: Readonly<Record<ClockName, ExplainedClock>>
  /** Store mode: the generation of the token in the cookie, and of the newest one. Undefined in cookie mode. */
  readonly generation: { readonly presented: number; readonly current: number } | undefined
  /** The applications that have a part in it. */
  readonly audiences: readonly string[]
  /** The traits of the client that it is bound to: a client with others gets the outcome `mismatch`. */
  readonly bound: readonly BindTrait[]
  /** This application's data; undefined unless it was asked for. */
  readonly data: Readonly<Record<string, unknown>> | undefined
}

/** One cookie of our name, and what it says. */
export interface ExplainedCookie {
  /** What a request with this cookie alone gets. */
  readonly outcome: SessionOutcome
  /** Finer than the outcome. */
  readonly reason: ExplainedReason
  /** The same as a sentence. */
  readonly why: string
  /** The session that it names. Undefined if it is not ours, or the session is gone. */
  readonly session: ExplainedSession | undefined
}

/** Why a request with these cookies has a session, or none. */
export interface Explanation {
  /** The instant for which it holds, epoch ms. */
  readonly at: number
  /** The name of the session cookie that was looked for. */
  readonly cookie: string
  /** What a request with these cookies gets. */
  readonly outcome: SessionOutcome
  /** Finer than the outcome. */
  readonly reason: ExplainedReason
  /** The same as a sentence, with the instants. */
  readonly why: string
  /** The session that the request gets; undefined if it gets none. */
  readonly session: ExplainedSession | undefined
  /** Each cookie of that name, in the order of the header; four at most. */
  readonly cookies: readonly ExplainedCookie[]
  /** Whether each remember-me cookie that came can begin a session. Empty without the option `remember`. */
  readonly remember: readonly { readonly live: boolean }[]
  /**
   * The subject's live sessions in this application that none of these cookies names, a hundred at most. Undefined without a
   * subject, or without an index.
   */
  readonly others: readonly SessionSummary[] | undefined
}

/** What {@link explain} looks at. */
interface Observation {
  readonly engine: Engine
  readonly deadline: Deadline
  readonly withData: boolean
  /** What was reported since the last call. */
  reported(): Promise<readonly SessionEvent[]>
}

/**
 * Opens the cookies as a request does, with an engine of its own: its store refuses writes, its events reach no one, and its
 * clock stands still. So it cannot say anything else than what the request gets.
 */
export async function explain(
  options: ResolvedOptions,
  engineOf: (options: ResolvedOptions, isQuiet: boolean) => Engine,
  cookieHeader: string | undefined,
  given: ExplainOptions = {},
): Promise<Explanation> {
  if (cookieHeader !== undefined && typeof cookieHeader !== 'string') {
    throw new SessionUsageError('ERR_SESSION_USAGE', 'explain() takes a Cookie header, a string or undefined')
  }
  const { data = false } = checkCall('explain', given, ['data'])
  const events: SessionEvent[] = []
  const engine = engineOf(observing(options, events), true)
  const { context } = engine
  const observation: Observation = {
    engine,
    deadline: context.deadline(),
    withData: data === true,
    async reported() {
      await context.events.delivered
      return events.splice(0)
    },
  }
  const explanation = await explainRequest(observation, carrierOf(cookieHeader))
  await context.background.drained()
  return explanation
}

function observing(options: ResolvedOptions, events: SessionEvent[]): ResolvedOptions {
  const { store, revocations, clock } = options
  const now = clock()
  return {
    ...options,
    store: store && readOnlyStore(store),
    revocations: revocations && readOnlyRevocations(revocations),
    clock: () => now,
    onEvent: (event) => events.push(event),
    onReuse: 'report',
    maxPerSubject: undefined,
    enforceSameSubject: false,
  }
}

/** A request of which nothing is known but its cookies. */
const carrierOf = (cookieHeader: string | undefined): HttpCarrier => ({
  method: 'GET',
  url: '/',
  secure: true,
  ip: undefined,
  requestHeader: (name) => (name === 'cookie' ? cookieHeader : undefined),
  responseHeader: () => [],
  setResponseHeader() {},
  statusCode: 200,
  headersSent: true,
  aborted: false,
})

async function explainRequest(observation: Observation, carrier: HttpCarrier): Promise<Explanation> {
  const { engine, deadline } = observation
  const { context } = engine
  const { options } = context
  const cookies = requestCookies(options, carrier)
  const head = { at: context.now(), cookie: options.cookie.name }
  const none = { session: undefined, cookies: [], remember: [], others: undefined }
  if (isWithheld(carrier, cookies, options.cookie)) return { ...head, ...none, ...verdict('withheld', 'marker-only') }

  const explained: ExplainedCookie[] = []
  const open = async (value: string): Promise<Opened> => {
    // Binding is a matter of the client, of which nothing is known here.
    const opened = await openValue(engine, value, async () => true, deadline)
    explained.push(await explainCookie(observation, value, opened))
    return opened
  }
  const values = cookies.session.values()
  const { opened, unchosen } = await openCookies(engine, values, open, deadline)
  const isAmbiguous = !hasSession(opened) && unchosen.length > 1
  const chosenId = hasSession(opened) ? opened.session.record.id : undefined
  const isChosen = ({ outcome, session }: ExplainedCookie) => outcome === opened.outcome && session?.id === chosenId
  const chosen = chosenId === undefined ? undefined : explained.find(isChosen)
  const remember: { live: boolean }[] = []
  for (const value of cookies.remember?.values() ?? []) {
    remember.push({ live: (await engine.remember?.identify(value, deadline)) !== undefined })
  }
  const subject = (chosen ?? explained.find(({ session }) => session?.subject !== undefined))?.session?.subject
  const named = explained.map(({ session }) => session?.id)
  const isRestored = chosen?.session?.subject === undefined && remember.filter(({ live }) => live).length === 1
  const first = chosen ?? explained[0] ?? verdict('none', 'no-cookie')
  return {
    ...head,
    ...(isRestored
      ? verdict('restored', 'remember-me')
      : isAmbiguous
        ? verdict('malformed', 'duplicate')
        : { outcome: first.outcome, reason: first.reason, why: first.why }),
    session: chosen?.session,
    cookies: explained,
    remember,
    others: subject === undefined ? undefined : await othersOf(observation, subject, named),
  }
}

const verdict = (outcome: SessionOutcome, reason: ExplainedReason) => ({
  outcome,
  reason,
  why: sentenceOf(reason),
})

async function explainCookie(observation: Observation, value: string, opened: Opened): Promise<ExplainedCookie> {
  const { engine, deadline } = observation
  const { options } = engine.context
  const found = await engine.persistence.inspect(value, deadline)
  const reason = reasonOf(value, opened, await observation.reported(), found, options)
  const session = found && sessionOf(found, observation)
  return { outcome: opened.outcome, reason, why: sentenceOf(reason, found, options), session }
}

function sessionOf({ record, token }: Inspected, { engine, withData }: Observation): ExplainedSession {
  const { audience, timeouts } = engine.context.options
  const entry = record.audiences.get(audience)
  const { idle, rolling, absolute } = ends(record, timeouts)
  return {
    id: record.id,
    subject: entry?.subject,
    label: entry?.label,
    level: entry?.level,
    createdAt: record.createdAt,
    authenticatedAt: entry?.authenticatedAt,
    lastActiveAt: record.touchedAt,
    clocks: {
      idle: { startedAt: record.touchedAt, endsAt: idle },
      rolling: { startedAt: record.renewedAt, endsAt: rolling },
      absolute: { startedAt: record.startedAt, endsAt: absolute },
    },
    generation: token && { presented: token.generation, current: record.generation },
    audiences: [...record.audiences.keys()],
    bound: record.bound?.traits ?? [],
    data: withData ? (entry?.data ?? {}) : undefined,
  }
}

async function othersOf(
  { engine }: Observation,
  subject: string,
  named: readonly (string | undefined)[],
): Promise<readonly SessionSummary[] | undefined> {
  try {
    const all = await new Administration(engine.context, engine.persistence).list(subject)
    return all.filter(({ id }) => !named.includes(id))
  } catch (error) {
    if (isSessionError(error, 'ERR_SESSION_UNSUPPORTED')) return undefined
    throw error
  }
}
