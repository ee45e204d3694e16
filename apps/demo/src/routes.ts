import type { Session } from '@sojourn/session-core'
import { type Answer, notFound, Refusal } from './answer'
import type { DemoRequest } from './request'
import type { Sessions } from './storages'

/** The only account. Not a secret: the page shows it. */
const account = { name: 'admin', password: 'sojourn' }

/** What a route gets. */
interface Call {
  readonly request: DemoRequest
  readonly session: Session
  readonly sessions: Sessions
  /** The path segment that `*` stands for; empty if the route has none. */
  readonly name: string
}

type Route = (call: Call) => Answer | Promise<Answer>

/** The routes under the path of a storage, by method and path; `*` stands for any one segment. */
const routes: Record<string, Route> = {
  'GET auth': logIn,
  'POST auth': logIn,
  'DELETE auth': logOut,
  'GET session': loggedIn(({ session: { id, outcome, subject, data, remaining } }) => {
    const { idle, rolling, absolute } = remaining
    return ok({ id, outcome, subject, data, remaining: { idle, rolling, absolute } })
  }),
  'PUT session/data/*': loggedIn(async ({ session, request, name }) => {
    session.data[checkKey(name)] = parseBody(await request.body())
    return ok({ data: session.data })
  }),
  'DELETE session/data/*': loggedIn(({ session, name }) => {
    delete session.data[checkKey(name)]
    return ok({ data: session.data })
  }),
  'POST session/counter': loggedIn(async ({ session }) => {
    const next = (value: unknown) => (typeof value === 'number' ? value : 0) + 1
    return ok({ counter: await session.update('counter', next) })
  }),
  'GET sessions': loggedIn(async (call) => {
    const found = await listAll(call)
    return ok({ sessions: found.map((summary) => ({ ...summary, current: summary.id === call.session.id })) })
  }),
  'DELETE sessions/*': loggedIn(endOne),
  'DELETE sessions': loggedIn(async ({ sessions, session }) => {
    const ended = await sessions.revokeAll(session.subject!, { except: session.id })
    // Cookie mode ends them and cannot count them.
    return ok({ ended: ended ?? null })
  }),
}

/** Answers a request under a storage's path. @throws Refusal, and errors of the session. */
export async function answer(sessions: Sessions, session: Session, request: DemoRequest): Promise<Answer> {
  const path = request.segments.join('/')
  const parent = request.segments.slice(0, -1).join('/')
  const fixed = routes[`${request.method} ${path}`]
  if (fixed) return fixed({ request, session, sessions, name: '' })
  const open = routes[`${request.method} ${parent}/*`]
  if (open) return open({ request, session, sessions, name: request.segments.at(-1)! })
  throw notFound(request.method, request.path)
}

async function logIn({ request, session }: Call): Promise<Answer> {
  await session.login(checkAccount(request), { label: request.userAgent?.slice(0, 200) })
  return ok({ subject: session.subject })
}

/** The user that the request's Basic credentials belong to. @throws Refusal 401 if they are wrong or missing. */
export function checkAccount({ authorization }: Pick<DemoRequest, 'authorization'>): string {
  const { name, password } = basicCredentials(authorization)
  if (name === account.name && password === account.password) return name
  // No WWW-Authenticate header: browsers would open their own dialog.
  throw new Refusal(401, 'ERR_CREDENTIALS', `Log in as ${account.name} with the password ${account.password}.`)
}

async function logOut({ request, session }: Call): Promise<Answer> {
  if (request.query.get('session_logout') !== 'true') {
    throw new Refusal(400, 'ERR_BAD_REQUEST', 'To log out, send DELETE with ?session_logout=true.')
  }
  await session.logout()
  return ok({ message: 'Logged out.' })
}

/** Ends one of the caller's own sessions. It does not reveal whether another user has a session with that id. */
async function endOne(call: Call): Promise<Answer> {
  const { session, sessions, name } = call
  if (name === session.id) {
    await session.destroy()
  } else if (!(await listAll(call)).some(({ id }) => id === name) || !(await sessions.revoke(name))) {
    throw new Refusal(404, 'ERR_NOT_FOUND', 'You have no session of this id.')
  }
  return ok({ ended: 1 })
}

async function listAll({ sessions, session }: Call) {
  const limit = 100
  const all = await sessions.list(session.subject!, { limit })
  for (let page = all; page.length === limit; all.push(...page)) {
    page = await sessions.list(session.subject!, { limit, after: page.at(-1)!.id })
  }
  return all
}

/** The same route, for logged-in users only. */
function loggedIn(route: Route): Route {
  return (call) => {
    const { outcome, subject } = call.session
    if (subject === undefined) throw new Refusal(401, 'ERR_NO_SESSION', 'You are not logged in.', { outcome })
    return route(call)
  }
}

const ok = (json: unknown): Answer => ({ status: 200, json })

/** RFC 7617. A header that cannot be read yields no name. */
function basicCredentials(header = ''): { name?: string; password?: string } {
  const [, encoded = ''] = /^basic +(\S+)$/i.exec(header) ?? []
  const [, name, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? []
  return name === undefined || password === undefined ? {} : { name, password }
}

function checkKey(key: string): string {
  // Assigning to it would replace the prototype and store nothing.
  if (key === '__proto__') throw new Refusal(400, 'ERR_BAD_KEY', 'The key __proto__ is not allowed.')
  return key
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Refusal(400, 'ERR_BAD_JSON', 'The body must be a JSON value: "tea", 3, null, [1, 2], {"a": true}.')
  }
}
