import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { pipeline, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Session } from '@sojourn/session-core'
import { type CarrierApp, type CarrierSuiteOptions, type Exchange, serveOnLoopback } from '@sojourn/session-testing'
import { answerError, nodeSession, requireFresh, sameOriginOnly } from '../src'

/** The application of the carrier suite on `node:http`. */
export const adapter: CarrierSuiteOptions = { name: 'node:http', serve }

function serve({ sessions, routes, onError }: CarrierApp) {
  const fail = (error: unknown, _req: IncomingMessage, res: ServerResponse) => {
    onError(error)
    answerError(res, error)
  }
  const opens = sessions.map((manager) => nodeSession(manager, { onError: fail }))
  const server = createServer(async (req, res) => {
    try {
      const opened: Session[] = []
      for (const open of opens) opened.push(await open(req, res))
      const method = req.method === 'HEAD' ? 'GET' : req.method
      const path = req.url!.split('?')[0]
      const route = routes.find((route) => route.method === method && route.path === path)
      const { fresh, sameOrigin } = route?.guards ?? {}
      if (fresh) requireFresh(sessions[0], fresh)(req)
      if (sameOrigin) sameOriginOnly(sameOrigin)(req)
      if (route) await route.handler(exchangeOf(req, res, opened[0]!))
      else res.writeHead(404).end()
    } catch (error) {
      fail(error, req, res)
    }
  })
  return serveOnLoopback(server)
}

function exchangeOf(req: IncomingMessage, res: ServerResponse, session: Session): Exchange {
  return {
    session,
    of: (sessions) => sessions.of(req),
    method: req.method!,
    url: req.url!,
    header: (name) => req.headers[name] as string | undefined,
    body: () => text(req),
    gone: () => new Promise((gone) => res.once('close', gone)),
    setHeader: (name, value) => res.setHeader(name, value),
    send(status, body) {
      res.statusCode = status
      res.end(body)
    },
    json(value) {
      res.setHeader('content-type', 'application/json')
      res.end(JSON.stringify(value))
    },
    redirect: (url, body) => res.writeHead(302, { location: url }).end(body),
    stream: (chunks) => pipeline(Readable.from(chunks, { objectMode: false }), res, () => {}),
    raw: () => res,
  }
}
