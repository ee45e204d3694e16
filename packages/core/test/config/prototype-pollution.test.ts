import {
  createSessionManager,
  memoryRevocations,
  memoryStore,
  type SessionManager,
  type SessionManagerOptions,
} from '@sojourn/session-core'
import { CookieJar, fakeCarrier, fakeClock, parseSetCookie, seededRandom } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { kongSession } from '../../src/kong/index'
import { SECRET } from '../helpers/browser'
import { memberNames, pollutionsSeen } from '../helpers/pollution'

type Manager = SessionManager & Partial<Record<'list' | 'revoke' | 'revokeAll', (...args: never[]) => Promise<unknown>>>

/** What a visitor and an administrator see of a manager, without what is random. */
async function story(sessions: Manager): Promise<unknown[]> {
  const jar = new CookieJar()
  const seen: unknown[] = []
  const visit = async (handler: (session: Awaited<ReturnType<Manager['open']>>) => unknown = () => {}) => {
    const carrier = fakeCarrier({
      cookie: jar,
      method: 'GET',
      url: '/',
      secure: true,
      ip: '127.0.0.1',
      statusCode: 200,
      headers: {},
    })
    const session = await sessions.open(carrier, {})
    const result = await Promise.resolve(handler(session)).catch((error) => error.code ?? String(error))
    await Promise.resolve(sessions.commit(session)).catch((error) => seen.push(error.code ?? String(error)))
    jar.take(carrier.setCookies)
    const { outcome, subject, audience, isNew, data, remaining } = session
    const lines = carrier.setCookies.map((line) => {
      const { name, value, attributes } = parseSetCookie(line)
      return [name, value.length > 0, [...attributes]]
    })
    seen.push([outcome, subject, audience, isNew, { ...data }, { ...remaining }, lines, String(result)])
    return session
  }
  await visit()
  await visit((session) => {
    session.data.cart = ['tea']
  })
  await visit((session) => session.update('n', (n) => ((n as number) ?? 0) + 1))
  await visit((session) => session.login('ada'))
  const { id } = await visit((session) => session.regenerate())
  await visit((session) => session.touch())
  const administer = async (run: () => unknown) => {
    seen.push(
      await Promise.resolve()
        .then(run)
        .catch((error) => error.code ?? String(error)),
    )
  }
  await administer(async () => ((await sessions.list!('ada' as never)) as unknown[]).length)
  await visit((session) => session.logout())
  await visit((session) => session.login('bob', { label: 'phone' }))
  if (sessions.describe().remember) {
    await visit((session) => session.login('cleo', { remember: true }))
    jar.delete('__Host-session')
    await visit()
    await visit((session) => session.logout())
    await visit((session) => session.login('bob', { remember: true }))
  }
  await administer(() => sessions.revokeAll!('bob' as never))
  await administer(() => sessions.revoke!(id as never))
  await visit()
  await visit((session) => session.destroy())
  seen.push(JSON.parse(JSON.stringify(sessions.describe())), { ...sessions.counters() })
  return seen
}

const clock = fakeClock()
const modes: [string, () => SessionManagerOptions][] = [
  ['a store', () => ({ secret: SECRET, store: memoryStore({ clock }), clock, random: seededRandom(1) })],
  ['the cookie', () => ({ secret: SECRET, revocations: memoryRevocations({ clock }), clock, random: seededRandom(2) })],
  [
    'a store, with remember-me',
    () => ({ secret: SECRET, store: memoryStore({ clock }), remember: true, clock, random: seededRandom(4) }),
  ],
  [
    'the cookie, with remember-me',
    () => ({
      secret: SECRET,
      revocations: memoryRevocations({ clock }),
      remember: true,
      clock,
      random: seededRandom(5),
    }),
  ],
  ['Kong', () => kongSession({ secret: SECRET }, { clock, random: seededRandom(3) }).options],
]

const names = memberNames(new URL('../../src/', import.meta.url))

describe.each(modes)('Object.prototype polluted, sessions in %s', (_, options) => {
  it('no option and no internal member is read from it', async () => {
    expect(await pollutionsSeen(names, () => story(createSessionManager(options())))).toEqual([])
  })
})
