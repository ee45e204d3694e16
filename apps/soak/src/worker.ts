// One of several server processes. It receives requests over IPC and replies with their results.
import { createSessionManager, isSessionError, type Session } from '@sojourn/session-core'
import { CookieJar, fakeCarrier } from '@sojourn/session-testing'
import { answerParent } from './child'
import type { Answer, Message, Request, Settings } from './protocol'
import { openStore } from './store'

type Data = Record<string, unknown>

let offset = 0
let sessions: ReturnType<typeof start>
let close = async () => {}

function start(settings: Settings) {
  const store = openStore(settings)
  close = store.close
  return createSessionManager<Data>({
    maxPerSubject: undefined,
    ...settings.options,
    secret: settings.secret,
    store: store.store,
    clock: () => Date.now() + offset,
  })
}

const verbs: Record<Request['verb'], (session: Session<Data>, key: string) => unknown> = {
  read: () => {},
  login: (session, key) => session.login(key),
  logout: (session) => session.logout(),
  count: (session) => session.update('count', (count) => Number(count ?? 0) + 1),
  set: (session, key) => {
    session.data[key] = true
  },
}

async function answer({ verb, key = '', cookie }: Request): Promise<Answer> {
  const jar = new CookieJar(cookie)
  const carrier = fakeCarrier({ cookie: jar })
  try {
    const session = await sessions.open(carrier)
    const { outcome } = session
    await verbs[verb](session, key)
    await sessions.commit(session)
    jar.take(carrier.setCookies)
    return { outcome, id: session.id, data: session.data, cookie: jar.header, sent: carrier.setCookies.length > 0 }
  } catch (error) {
    return { error: isSessionError(error) ? error.code : String(error) }
  }
}

async function handle(message: Message): Promise<unknown> {
  if (message.kind === 'start') sessions = start(message.settings)
  if (message.kind === 'clock') offset = message.offset
  if (message.kind === 'requests') return Promise.all(message.requests.map(answer))
  if (message.kind === 'counters') return sessions.counters()
  if (message.kind === 'list') return (await sessions.list(message.subject, { limit: 1000 })).length
  return null
}

answerParent(handle, () => close())
