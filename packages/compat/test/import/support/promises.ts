import { expect, it } from 'vitest'
import type { OldSite } from './formats'
import { type Answer, Browser, loggedIn, newSite } from './site'

type NewOptions = Parameters<typeof newSite>[1]

const minute = 60_000
const asNoOne = (answer: Answer) => {
  expect(answer.status).toBe(200)
  expect(answer.body.subject).toBeUndefined()
  expect(answer.body.data).toEqual({})
}
const asAda = ({ body }: Answer) =>
  expect({ user: body.subject, data: body.data }).toEqual({ user: 'ada', data: loggedIn })
const cleared = ({ setCookie }: Answer, names: readonly string[]) => {
  const lines = setCookie.filter((line) => /max-age=0/i.test(line)).map((line) => line.split('=')[0])
  expect(lines.toSorted()).toEqual([...names].toSorted())
}

/** What holds of every format. `open` makes a site of before, and the storage of the new one. */
export function promisesOfImports(open: () => Promise<{ old: OldSite; storage?: NewOptions }>): void {
  /** A browser that is logged in to the old site, and the site after the switch. */
  async function switched(options: Parameters<OldSite['source']>[0] = {}) {
    const { old, storage } = await open()
    const site = await newSite([old.source(options)], storage)
    const isSealed = storage?.revocations !== undefined
    /** Only a store has a list. */
    const list = async (subject: string, ids: unknown[]) => {
      if (!isSealed) expect((await site.sessions.list(subject)).map(({ id }) => id)).toEqual(ids)
    }
    const browser = new Browser()
    await browser.get(`${old.url}/login`)
    return { old, site, list, isSealed, me: `${site.url}/me`, browser, before: browser.copy() }
  }

  it('the first request is logged in with equal data and no fresh login, and the old cookies are cleared', async () => {
    const { old, site, list, me, browser } = await switched()
    const first = await browser.get(me)
    asAda(first)
    expect(first.body).toMatchObject({ outcome: 'imported' })
    expect(first.body.authenticatedAt).toBeUndefined()
    cleared(first, old.names)
    expect([...browser.jar.keys()].toSorted()).toEqual(['__Host-session', '__Host-session-at'])
    const second = await browser.get(me)
    asAda(second)
    expect(second.body).toMatchObject({ outcome: 'resumed', id: first.body.id })
    await list('ada', [first.body.id])
    expect(site.count('imported')).toBe(1)
  })

  it('six parallel first requests are all logged in, to one session', async () => {
    const { site, list, me, before } = await switched()
    const answers = await Promise.all(Array.from({ length: 6 }, () => before.copy().get(me)))
    answers.forEach(asAda)
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
    await list('ada', [answers[0]!.body.id])
    expect([site.count('created'), site.count('imported')]).toEqual([1, 1])
    for (const { setCookie } of answers) expect(setCookie.join()).toContain('__Host-session=')
  })

  it('a lost first answer logs no one out, and an old cookie that comes back later is reported and logs no one in', async () => {
    const { site, me, browser, before } = await switched()
    const lost = await browser.get(me, false)
    site.clock.ahead += 10 * minute
    const again = await browser.get(me)
    asAda(again)
    expect(again.body.id).toBe(lost.body.id)
    await browser.get(me)
    site.clock.ahead += 2 * minute
    const late = await before.copy().get(me)
    asNoOne(late)
    expect(late.body.outcome).toBe('reused')
    expect(site.count('reused')).toBe(1)
    asAda(await browser.get(me))
  })

  it('after a logout, the old cookie and an older copy of it log no one in', async () => {
    const { old, site, list, me, browser, before } = await switched()
    await browser.get(`${old.url}/change`)
    const { body } = await browser.get(me)
    expect(body.data).toMatchObject({ changed: true })
    const last = before.copy()
    await browser.get(`${site.url}/logout`)
    for (const copy of [before, last]) {
      const answer = await copy.copy().get(me)
      asNoOne(answer)
      cleared(answer, old.names)
    }
    await list('ada', [])
  })

  it('after the session was revoked, the old cookie and an older copy of it log no one in', async () => {
    const { old, site, isSealed, me, browser, before } = await switched()
    await browser.get(`${old.url}/change`)
    const last = browser.copy()
    const { body } = await browser.get(me)
    await site.sessions.revoke(body.id)
    // Only a store knows whose session an id is, and refuses older copies too.
    for (const copy of isSealed ? [last] : [before, last]) asNoOne(await copy.copy().get(me))
  })

  it('revokeAll before the import, and after it, leaves no one logged in', async () => {
    const first = await switched()
    await first.site.sessions.revokeAll('ada')
    asNoOne(await first.browser.get(first.me))
    asNoOne(await first.before.get(first.me))
    const second = await switched()
    await second.browser.get(second.me)
    await second.site.sessions.revokeAll('ada')
    asNoOne(await second.browser.get(second.me))
    asNoOne(await second.before.get(second.me))
  })

  it('after until, no one is logged in, and the old cookies are cleared', async () => {
    const { old, me, browser } = await switched({ until: new Date(Date.now() - 1000) })
    const answer = await browser.get(me)
    asNoOne(answer)
    cleared(answer, old.names)
  })

  it('a session that was imported ends at until', async () => {
    const { site, me, browser } = await switched({ until: new Date(Date.now() + 5 * minute) })
    const { body } = await browser.get(me)
    expect(body.remaining.absolute).toBeLessThanOrEqual(300)
    await browser.get(me)
    site.clock.ahead += 6 * minute
    const later = await browser.get(me)
    asNoOne(later)
    expect(later.body.outcome).toBe('expired:absolute')
  })

  it('an old cookie that was altered, cut or made up logs no one in, and is cleared', async () => {
    const { old, site, me, before } = await switched()
    const [name = '', value = ''] = [...before.jar].at(-1)!
    const flipped = [...value]
      .map((letter, i) => (i === value.length - 9 ? (letter === 'A' ? 'B' : 'A') : letter))
      .join('')
    for (const bad of [flipped, value.slice(0, -5), value.slice(0, 3), '%', 's:.', '"', `${value}x`, 'null']) {
      const copy = before.copy()
      copy.jar.set(name, bad)
      const answer = await copy.get(me)
      asNoOne(answer)
      cleared(answer, old.names)
    }
    expect(site.count('store-failed')).toBe(0)
    asAda(await before.get(me))
  })

  it('a visitor who was not logged in starts empty, or keeps the data if that is asked for', async () => {
    for (const anonymous of [false, true]) {
      const { old, me } = await switched({ anonymous })
      const visitor = new Browser()
      await visitor.get(`${old.url}/visit`)
      const answer = await visitor.get(me)
      expect(answer.body.subject).toBeUndefined()
      expect(answer.body.data).toEqual(anonymous ? { cart: ['tea'] } : {})
      cleared(answer, old.names)
    }
  })

  it('a dead cookie of ours counts, and the old one beside it is not imported', async () => {
    const { site, me, browser, before } = await switched()
    const stranger = new Browser()
    await stranger.get(`${site.url}/login/eve`)
    before.jar.set('__Host-session', stranger.jar.get('__Host-session')!)
    await site.sessions.revokeAll('eve')
    expect((await before.get(me)).body.outcome).toMatch(/^(unknown|revoked)$/)
    const marked = browser.copy()
    marked.jar.set('__Host-session-at', '1')
    // A request of our own site, to which a browser would send the cookie of the marker.
    asNoOne(await marked.get(me, true, { 'sec-fetch-site': 'same-origin' }))
    asAda(await browser.get(me))
  })

  it('a login ends the old session that came with its request', async () => {
    const { site, me, browser, before } = await switched()
    // A dead cookie of ours, so that the old one is not imported.
    browser.jar.set('__Host-session', 'dead')
    await browser.get(`${site.url}/login/eve`)
    expect((await browser.get(me)).body.subject).toBe('eve')
    asNoOne(await before.get(me))
  })

  it('a process on the old library has no session after the import, if it can be ended there', async () => {
    const { old, me, browser, before } = await switched()
    expect((await before.copy().get(`${old.url}/me`)).body.user).toBe('ada')
    await browser.get(me)
    expect((await browser.get(`${old.url}/me`)).body.user).toBeUndefined()
    expect((await before.get(`${old.url}/me`)).body.user).toBe(old.ends ? undefined : 'ada')
  })
}
