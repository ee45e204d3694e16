import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createSessionManager, memoryRevocations, type Session, type SessionClock } from '@sojourn/session-core'
import { logoutTriggers, sessionHeaders } from '@sojourn/session-core/gateway'
import { kongSession } from '@sojourn/session-core/kong'
import { nodeSession } from '@sojourn/session-http'
import { checkAccount } from './account'
import { type Answer, errorAnswer, missing, notFound, Refusal } from './answer'
import { readText } from './data'
import { readKongConf } from './kong-conf'
import { isOpen, type MissingStorage, type Storage } from './storages'

/** One configuration of Kong Manager, and where its login is. */
export interface KongLogin {
  /** Kong Manager's `admin_gui_session_conf`. */
  readonly conf: string
  readonly path: string
  /** Kong Manager's `admin_gui_url`: the origin whose pages may use it with credentials; undefined for none. */
  readonly origin?: string | undefined
}

/**
 * Kong Manager's login, as `/auth` of Kong's Admin API: GET or POST with Basic credentials logs in, GET with the session's
 * cookie returns the subject, DELETE with `?session_logout=true` logs out. Plain node:http. Returns undefined for other paths.
 */
export function kongGateway({ conf, path, origin }: KongLogin, clock: SessionClock, database: Promise<Storage>) {
  const opening = open(conf, clock, database)
  // A failure is reported by each request to it. Without this line it would be an unhandled rejection.
  opening.catch(() => {})
  return (req: IncomingMessage): RequestListener | undefined => {
    if (req.url?.split('?')[0] !== path) return undefined
    return (_req, res) => {
      if (origin !== undefined) allowOrigin(req, res, origin)
      if (origin !== undefined && req.method === 'OPTIONS') return void res.writeHead(204).end()
      void opening.then((gateway) => gateway(req, res)).catch((error) => send(res, errorAnswer(error)))
    }
  }
}

/** Lets the pages of one origin send the session cookie and read the answer (CORS). The cookie needs SameSite=None. */
function allowOrigin(req: IncomingMessage, res: ServerResponse, origin: string): void {
  res.setHeader('vary', 'Origin')
  if (req.headers.origin !== origin) return
  res.setHeader('access-control-allow-origin', origin)
  res.setHeader('access-control-allow-credentials', 'true')
  res.setHeader('access-control-allow-methods', 'GET, POST, DELETE')
  res.setHeader('access-control-allow-headers', 'authorization, content-type, kong-admin-user')
}

async function open(conf: string, clock: SessionClock, database: Promise<Storage>) {
  const { options, logout, headers } = readKongConf(conf).options.store
    ? kongSession(conf, { store: await storeOf(database), clock })
    : kongSession(conf, { revocations: memoryRevocations({ clock }), clock })
  const openSession = nodeSession(createSessionManager(options), {
    onError: (error, _req, res) => send(res, errorAnswer(error)),
  })
  const isLogout = logoutTriggers(logout)
  return async (req: IncomingMessage, res: ServerResponse) => {
    const session = await openSession(req, res)
    const { method = 'GET', url = '/' } = req
    const body = logout.readBody && method !== 'GET' ? await parsedBody(req) : undefined
    const answer = await authenticate(req, session, isLogout({ method, url }, body))
    for (const [name, value] of Object.entries(sessionHeaders(session as Session<never>, headers.response)))
      res.setHeader(name, value)
    send(res, answer)
  }
}

/** The body as an object or FormData; undefined if it is neither JSON nor a form. @throws Refusal 413 if it is too long. */
async function parsedBody(req: IncomingMessage): Promise<unknown> {
  const text = await readText(req)
  const type = req.headers['content-type'] ?? ''
  try {
    return /^application\/json\b/i.test(type)
      ? JSON.parse(text)
      : await new Response(text, { headers: { 'content-type': type } }).formData()
  } catch {
    return undefined
  }
}

async function storeOf(database: Promise<Storage>) {
  const storage = await database
  if (!isOpen(storage) || !('store' in storage.place)) throw missing(storage as MissingStorage)
  return storage.place.store
}

async function authenticate(req: IncomingMessage, session: Session, isLogout: boolean): Promise<Answer> {
  const { method = 'GET' } = req
  if (isLogout) {
    await session.logout()
    return { status: 200, json: { message: 'Logged out.' } }
  }
  if (method !== 'GET' && method !== 'POST') throw notFound(method, '/auth')
  if (req.headers.authorization !== undefined) {
    const name = checkAccount(req)
    const claimed = req.headers['kong-admin-user']
    if (claimed !== undefined && claimed !== name) {
      throw new Refusal(401, 'ERR_CREDENTIALS', 'Kong-Admin-User names a different user than the credentials.')
    }
    await session.login(name)
  }
  if (session.subject === undefined)
    throw new Refusal(401, 'ERR_NO_SESSION', 'You are not logged in.', { outcome: session.outcome })
  return { status: 200, json: { subject: session.subject } }
}

function send(res: ServerResponse, { status, json }: Answer): void {
  res.statusCode = status
  res.setHeader('content-type', 'application/json; charset=utf-8')
  res.end(JSON.stringify(json))
}
