import type { IncomingMessage } from 'node:http'
import type { Session } from '@sojourn/session-core'
import type { OpenStorage } from '../storages'

/** What the browser sent, and what is stored, for the page to show. */
export async function evidence(req: IncomingMessage, session: Session, { name, place }: OpenStorage) {
  const row = 'store' in place ? await place.store.read(session.id) : null
  return { cookies: sentCookies(req, name), row }
}

/** The cookies of one storage as the browser sent them, without the part that gives access: scripts must not get it here either. */
function sentCookies({ headers }: IncomingMessage, storage: string) {
  const pairs = (headers.cookie ?? '').split('; ').map((pair) => {
    const at = pair.indexOf('=')
    return { name: pair.slice(0, at), value: pair.slice(at + 1) }
  })
  const isOurs = new RegExp(`sojourn-${storage}(-remember)?(\\.\\d)?$`)
  return pairs
    .filter(({ name }) => isOurs.test(name))
    .map(({ name, value }) => ({ name, ...masked(value), length: value.length }))
}

/** In store mode the value is `<id>.<secret>`, and the id is public. A sealed value is public up to its key's name. */
function masked(value: string) {
  const dot = value.indexOf('.')
  const sealed = value.startsWith('Fe26')
  return sealed ? { shown: value.slice(0, 16), sealed } : { shown: value.slice(0, dot + 4), sealed }
}
