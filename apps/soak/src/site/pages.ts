import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { Session } from '@sojourn/session-core'
import type { PageAnswer } from './protocol'

export interface SiteData {
  owner?: string
  count?: number
  note?: number
  spoiled?: boolean
}

type SiteSession = Session<SiteData>

/** A request as far as the pages need it, whichever framework brought it. */
export interface PageRequest {
  url: string
  session: SiteSession
  body: Readable
}

/** What a page throws that fails on purpose. */
export class PlannedError extends Error {}

const show = ({ subject, data: { owner, count, spoiled } }: SiteSession): PageAnswer => ({
  subject,
  owner,
  count,
  spoiled,
})

/** Each page waits once in its middle, so that the requests of many visitors are between their lines at any time. */
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
    session.data.spoiled = true
    await wait()
    throw new PlannedError('this page fails')
  },
  /** Says whose session it is again and again, long after its headers are gone. */
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

/** The page at the request's address: an object to send as JSON, or a stream. */
export async function page(request: PageRequest): Promise<object> {
  const { pathname, searchParams } = new URL(request.url, 'http://site')
  const wait = () => delay(Number(searchParams.get('wait')))
  return pages[pathname]!(request, searchParams, wait)
}
