import { Readable } from 'node:stream'
import type { Session, SessionManager } from '@sojourn/session-core'
import { type CarrierApp, type CarrierSuiteOptions, type Exchange, serveOnLoopback } from '@sojourn/session-testing'
import { requireFresh, sameOriginOnly, webSession } from '../src/web'
import { webServer } from './web-server'

const lacks = {
  raw: 'there is no Node response behind a Response',
  close: 'a Response does not tell when its body was sent',
}
/** The application of the carrier suite as a fetch handler. */
export const adapter: CarrierSuiteOptions = { name: 'web-standard', serve, lacks }

function serve({ sessions, routes, onError }: CarrierApp) {
  const fail = (error: unknown) => {
    onError(error)
    return new Response('failed', { status: Object(error).statusCode ?? 500 })
  }
  const answer = async (request: Request): Promise<Response> => {
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const route = routes.find((one) => one.method === method && one.path === new URL(request.url).pathname)
    if (!route) return new Response(null, { status: 404 })
    const { fresh, sameOrigin } = route.guards ?? {}
    if (fresh) requireFresh(sessions[0], fresh)(request)
    if (sameOrigin) sameOriginOnly(sameOrigin)(request)
    return (await route.handler(exchangeOf(request, sessions[0].of(request)))) as Response
  }
  const open = ([first, ...rest]: SessionManager[], request: Request): Promise<Response> =>
    first ? webSession(first, request, () => open(rest, request)) : answer(request)
  return serveOnLoopback(
    webServer((request) => {
      const [first, ...rest] = sessions
      return webSession(first, request, () => open(rest, request), { onError: fail })
    }),
  )
}

function exchangeOf(request: Request, session: Session): Exchange {
  const headers = new Headers()
  const { pathname, search } = new URL(request.url)
  return {
    session,
    of: (sessions) => sessions.of(request),
    method: request.method,
    url: pathname + search,
    header: (name) => request.headers.get(name) ?? undefined,
    body: () => request.text(),
    gone: () => new Promise((gone) => request.signal.addEventListener('abort', () => gone())),
    setHeader(name, values) {
      for (const value of [values].flat()) headers.append(name, value)
    },
    send(status, body) {
      // A server knows the length of a string, but not of the body that a Response made from it.
      if (body !== undefined) headers.set('content-length', String(body.length))
      return new Response(body, { status, headers })
    },
    json: (value) => Response.json(value, { headers }),
    redirect(url, body) {
      headers.set('location', url)
      return new Response(body, { status: 302, headers })
    },
    stream: (chunks) => new Response(Readable.toWeb(Readable.from(chunks)) as ReadableStream, { headers }),
    raw: () => {
      throw new Error(lacks.raw)
    },
  }
}
