import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createSessionManager, memoryRevocations, type Session, type SessionClock } from '@sojourn/session-core'
import { type IsLogout, logoutTriggers, sessionHeaders } from '@sojourn/session-core/gateway'
import { kongSession } from '@sojourn/session-core/kong'
import { nodeSession } from '@sojourn/session-http'
import { type Answer, errorAnswer, missing, notFound, Refusal } from './answer'
import { readKongConf } from './kong-conf'
import { demoRequest } from './request'
import { checkAccount } from './routes'
import { isOpen, type Storage } from './storages'

/**
 * Kong Manager's login, as in Kong's Admin API: `GET /auth` with Basic credentials logs in, `GET /auth` with the session's
 * cookie returns the subject, `DELETE /auth?session_logout=true` logs out. Plain node:http, on all three ports. Returns
 * undefined for other paths.
 */
export function kongGateway(conf: string, clock: SessionClock, database: Promise<Storage>) {
  const opening = open(conf, clock, database)
  // A failure is reported by each request to /auth. Without this line it would be an unhandled rejection.
  opening.catch(() => {})
  return (req: IncomingMessage): RequestListener | undefined => {
    if (req.url?.split('?')[0] !== '/auth') return undefined
    return (_req, res) =>
      void opening.then((gateway) => gateway(req, res)).catch((error) => send(res, errorAnswer(error)))
  }
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
    const answer = await authenticate(req, session, isLogout)
    for (const [name, value] of Object.entries(sessionHeaders(session as Session<never>, headers.response)))
      res.setHeader(name, value)
    send(res, answer)
  }
}

async function storeOf(database: Promise<Storage>) {
  const storage = await database
  if (!isOpen(storage)) throw missing(storage)
  return storage.store!
}

async function authenticate(req: IncomingMessage, session: Session, isLogout: IsLogout): Promise<Answer> {
  const { method = 'GET', url = '/' } = req
  if (isLogout({ method, url })) {
    await session.logout()
    return { status: 200, json: { message: 'Logged out.' } }
  }
  if (method !== 'GET' && method !== 'POST') throw notFound(method, '/auth')
  if (req.headers.authorization !== undefined) {
    const name = checkAccount(demoRequest(req, url))
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
