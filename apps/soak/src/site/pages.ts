import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { Session } from '@sojourn/session-core'
import type { PageAnswer } from './protocol'

export interface SiteData {
  owner?: string
  count?: number
  note?: number
  failedChange?: boolean
}

type SiteSession = Session<SiteData>

/** The parts of a request that the pages need, independent of the framework. */
export interface PageRequest {
  url: string
  session: SiteSession
  body: Readable
}

/** The error of a page that fails on purpose. */
export class PlannedError extends Error {}

const show = ({ subject, data: { owner, count, failedChange } }: SiteSession): PageAnswer => ({
  subject,
  owner,
  count,
  failedChange,
})

/** Each page waits once in its middle, so that requests of many visitors are interleaved. */
type Page = (request: PageRequest, query: URLSearchParams, wait: () => Promise<void>) => Promise<object>

const pages: Record<string, Page> = {
  async '/me'({ session }, _, wait) {
    const before = show(session)
    await wait()
    return { ...show(session), subject: before.subject }
  },
  async '/login'({ session }, query, wait) {
    const name = query.get('name')!
    await wait()
    await session.login(name)
    session.data.owner = name
    session.data.count ??= 0
    return show(session)
  },
  async '/logout'({ session }, _, wait) {
    await wait()
    await session.logout()
    return show(session)
  },
  async '/count'({ session }, _, wait) {
    await wait()
    await session.update('count', (count = 0) => count + 1)
    return show(session)
  },
  async '/note'({ session }, _, wait) {
    session.data.note = (session.data.note ?? 0) + 1
    await wait()
    return show(session)
  },
  async '/upload'({ session, body }, _, wait) {
    let length = 0
    for await (const chunk of body) length += chunk.length
    await wait()
    session.data.note = length
    return show(session)
  },
  async '/fail'({ session }, _, wait) {
    session.data.failedChange = true
    await wait()
    throw new PlannedError('this page fails')
  },
  /** Sends the session's owner repeatedly, long after the headers were sent. */
  async '/stream'({ session }, _, wait) {
    return Readable.from(
      (async function* () {
        for (let line = 0; line < 4; line++) {
          yield `${JSON.stringify(show(session))}\n`
          await wait()
        }
      })(),
    )
  },
}

/** Runs the page at the request's path. Resolves with an object to send as JSON, or a stream. */
export async function page(request: PageRequest): Promise<object> {
  const { pathname, searchParams } = new URL(request.url, 'http://site')
  const wait = () => delay(Number(searchParams.get('wait')))
  return pages[pathname]!(request, searchParams, wait)
}
