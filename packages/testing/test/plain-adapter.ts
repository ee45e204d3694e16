import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import type { HttpCarrier, Session, SessionManager } from '@sojourn/session-core'
import type { CarrierApp, Exchange } from '../src/index'

/** A response before it is sent. */
class Answer {
  status = 200
  headers = new Map<string, string[]>()
  body: string | AsyncIterable<Uint8Array> = ''
}

/** The adapter's state of one request. */
export interface Visit {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  answer: Answer
  readonly opened: { manager: SessionManager; session: Session }[]
}

/**
 * The smallest correct adapter: it prepares the whole response, commits, and then sends it. The tests of the carrier suite
 * override single steps with faulty ones.
 */
export class PlainAdapter {
  constructor(protected readonly app: CarrierApp) {}

  server(): Server {
    return createServer((req, res) => this.visit({ req, res, answer: new Answer(), opened: [] }))
  }

  async visit(visit: Visit): Promise<void> {
    visit.res.once('close', () => this.close(visit))
    try {
      for (const manager of this.app.sessions) await this.open(visit, manager)
      await this.handle(visit)
      await this.commit(visit)
    } catch (error) {
      await this.fail(visit, error)
    }
    await this.send(visit)
  }

  async open(visit: Visit, manager: SessionManager): Promise<void> {
    visit.opened.push({ manager, session: await manager.open(this.carrier(visit), visit.req) })
  }

  async handle(visit: Visit): Promise<void> {
    const { method, url } = visit.req
    const asked = `${method === 'HEAD' ? 'GET' : method} ${url!.split('?')[0]}`
    const route = this.app.routes.find(({ method, path }) => `${method} ${path}` === asked)
    if (route) await route.handler(exchangeOf(visit))
    else visit.answer.status = 404
  }

  async commit({ opened }: Visit): Promise<void> {
    for (const { manager, session } of opened) await manager.commit(session)
  }

  async fail(visit: Visit, error: unknown): Promise<void> {
    this.app.onError(error)
    visit.answer.headers.clear()
    visit.answer.status = Object(error).statusCode ?? 500
    visit.answer.body = 'failed'
    await this.commit(visit)
  }

  /** The response is over. */
  close({ opened }: Visit): void {
    for (const { manager, session } of opened) manager.commit(session)?.catch(() => {})
  }

  async send({ req, res, answer: { status, headers, body } }: Visit): Promise<void> {
    res.writeHead(
      status,
      [...headers].flatMap(([name, values]) => values.flatMap((value) => [name, value])),
    )
    if (typeof body === 'string' || req.method === 'HEAD') res.end(typeof body === 'string' ? body : '')
    // Neither a client that goes away nor a source that breaks is a reason to end the server.
    else await pipeline(body, res).catch(() => {})
  }

  carrier(visit: Visit): HttpCarrier {
    const { req, res } = visit
    return {
      method: req.method!,
      url: req.url!,
      secure: false,
      ip: req.socket.remoteAddress,
      requestHeader: (name) => req.headers[name] as string | undefined,
      responseHeader: (name) => visit.answer.headers.get(name) ?? [],
      setResponseHeader: (name, values) => void visit.answer.headers.set(name, values),
      get statusCode() {
        return visit.answer.status
      },
      get headersSent() {
        return res.headersSent
      },
      get aborted() {
        return res.destroyed && !res.writableEnded
      },
    }
  }
}

function exchangeOf({ req, res, answer, opened }: Visit): Exchange {
  const setHeader = (name: string, value: string | string[]) =>
    void answer.headers.set(name.toLowerCase(), [value].flat())
  return {
    session: opened[0]!.session,
    of: (sessions) => sessions.of(req),
    method: req.method!,
    url: req.url!,
    header: (name) => req.headers[name] as string | undefined,
    body: () => text(req),
    gone: () => new Promise((gone) => res.once('close', gone)),
    setHeader,
    send: (status, body = '') => Object.assign(answer, { status, body }),
    json: (value) => Object.assign(answer, { body: JSON.stringify(value) }),
    redirect(url, body = '') {
      setHeader('location', url)
      Object.assign(answer, { status: 302, body })
    },
    stream: (body) => Object.assign(answer, { body }),
    raw: () => {
      throw new Error('this adapter lacks raw')
    },
  }
}
