import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { type Audit, auditMarkdown } from '@sojourn/session-cli'
import type { Explanation, StoreCheck } from '@sojourn/session-core'
import { nodeSession } from '@sojourn/session-http'
import { type Answer, errorAnswer, Refusal } from '../answer'
import { readJson } from '../data'
import { needsUser } from '../own-sessions'
import { isOpen, type OpenStorage, type Storage } from '../storages'
import type { EventHub } from './event-hub'
import { evidence } from './evidence'
import { sendLive } from './live'
import { siteFile, siteHeaders } from './site'

/** What the console needs of the demo. */
export interface ConsoleContext {
  /** The folder of the built page; undefined for none. */
  readonly page: URL | undefined
  readonly hub: EventHub
  storages(): readonly Storage[]
  /** What `/demo.json` tells the page. */
  about(framework: string): unknown
  /** Sets the clocks of all storages. */
  setClocks(idle: unknown): Promise<void>
  /** Runs one of the attempts, or one of Kong's configurations. @throws Refusal 404 for an unknown name. */
  attempt(name: string, framework: string, storage: string): Promise<unknown>
  kong(name: string): Promise<unknown>
  /** The policy of a storage, and how it stands to the standards. @throws Refusal 404 or 503 for a storage that is not there. */
  audit(storage: string): Audit
  /** What the command `sojourn` asks: why a Cookie header has a session, or none, and whether a store answers. */
  explain(cookie: unknown, data: boolean): Promise<Explanation>
  check(storage: string): Promise<StoreCheck>
}

/**
 * What the demo serves beside the frameworks, on plain node:http: the page, the live events and the attempts to break it.
 * Returns undefined for a path that is a framework's.
 */
export function demoConsole(context: ConsoleContext, framework: string) {
  return (req: IncomingMessage): RequestListener | undefined => {
    const { method = 'GET', url = '/' } = req
    const path = url.split('?')[0]!
    const call = `${method} ${path}`
    const [, storage, live] = /^GET \/(\w+)\/(events|evidence)$/.exec(call) ?? []
    const opened = context.storages().find(({ name }) => name === storage)
    if (live && opened && isOpen(opened)) return asUser(context, opened, live)
    const [, kind, name] = /^POST \/demo\/(attempt|kong)\/([\w-]+)$/.exec(call) ?? []
    const query = new URLSearchParams(url.split('?')[1])
    const chosen = query.get('storage') ?? 'memory'
    if (kind === 'attempt') return json(() => context.attempt(name!, framework, chosen))
    if (kind === 'kong') return json(() => context.kong(name!))
    if (call === 'GET /demo.json') return json(async () => context.about(framework))
    if (call === 'GET /demo/policy') return json(async () => context.audit(chosen))
    if (call === 'GET /demo/policy.md') return markdown(() => auditMarkdown(context.audit(chosen)))
    if (call === 'GET /demo/check') return json(() => context.check(chosen))
    if (call === 'POST /demo/explain') {
      return json(async (req) => {
        const { cookie, data } = ((await readJson(req)) ?? {}) as { cookie?: unknown; data?: unknown }
        return context.explain(cookie, data === true)
      })
    }
    if (call === 'PUT /demo/clocks') {
      return json(async (req) => {
        await context.setClocks(((await readJson(req)) as { idle?: unknown } | null)?.idle)
        return context.about(framework)
      })
    }
    return method === 'GET' && context.page && isPageFile(path) ? page(context.page, path) : undefined
  }
}

const isPageFile = (path: string) => path === '/' || /^\/[a-z-]+\.(html|css|js|svg)$/.test(path)

/** Opens the session as a plain node:http server does, and answers its user. */
function asUser({ hub }: ConsoleContext, storage: OpenStorage, what: string): RequestListener {
  const open = nodeSession(storage.sessions)
  return async (req, res) => {
    try {
      const session = await open(req, res)
      needsUser(session)
      if (what === 'events') sendLive(req, res, hub, storage, session)
      else send(res, { status: 200, json: await evidence(req, session, storage) })
    } catch (error) {
      send(res, errorAnswer(error))
    }
  }
}

/** An answer in JSON, for this page alone: a form of another site cannot use it. */
const json =
  (answer: (req: IncomingMessage) => Promise<unknown>): RequestListener =>
  async (req, res) => {
    try {
      if (req.method !== 'GET' && req.headers['sec-fetch-site'] === 'cross-site') {
        throw new Refusal(403, 'ERR_CROSS_SITE', 'Another site sent this request.')
      }
      send(res, { status: 200, json: await answer(req) })
    } catch (error) {
      send(res, errorAnswer(error))
    }
  }

const markdown =
  (text: () => string): RequestListener =>
  (_req, res) => {
    try {
      const body = text()
      res.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(body)
    } catch (error) {
      send(res, errorAnswer(error))
    }
  }

const page =
  (folder: URL, path: string): RequestListener =>
  async (_req, res) => {
    const file = await siteFile(folder, path)
    if (!file) return send(res, { status: 404, json: { error: 'ERR_NOT_FOUND', message: `There is no ${path} here.` } })
    res.writeHead(200, { ...siteHeaders, 'content-type': file.type }).end(file.body)
  }

function send(res: ServerResponse, { status, json }: Answer): void {
  res.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(json))
}
