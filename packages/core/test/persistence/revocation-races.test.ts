import { memoryRevocations, type Session } from '@sojourn/session-core'
import { fakeCarrier } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { type AnyData, Browser, world } from '../helpers/browser'
import { everyOrder, type Wrap } from '../helpers/interleavings'

/** Two applications of one session, and a user who is logged in to both. */
async function shared(wrap: Wrap) {
  const revocations = wrap(memoryRevocations())
  const [shop, blog] = ['shop', 'blog'].map((audience) => world({ cookieStorage: true, audience, revocations }))
  const user = new Browser(shop!.sessions)
  await user.visit((session) => session.login('ada'))
  await new Browser(blog!.sessions, user.jar).visit((session) => session.login('ada'))
  const id = (await user.visit()).session.id
  const copy = (sessions = shop!.sessions) => new Browser(sessions, user.jar.copy())
  return { shop: shop!.sessions, blog: blog!.sessions, user, id, copy }
}

type Shared = Awaited<ReturnType<typeof shared>>

const ends: Record<string, (all: Shared) => Promise<unknown>> = {
  destroy: ({ copy }) => copy().visit((session) => session.destroy()),
  'revoke by id': ({ shop, id }) => shop.revoke(id),
  'revoke all': ({ shop }) => shop.revokeAll('ada'),
}

const replacements: Record<string, (session: Session<AnyData>) => Promise<void>> = {
  regenerate: (session) => session.regenerate(),
  'logging out of one application': (session) => session.logout(),
}

describe('of requests that replace and end one sealed session in every order,', () => {
  for (const [what, replace] of Object.entries(replacements)) {
    for (const [how, end] of Object.entries(ends)) {
      it(`${what} yields no live cookie after a ${how}`, async () => {
        const orders = await everyOrder(
          async (wrap) => {
            const all = await shared(wrap)
            const slow = all.copy(all.blog)
            const inShop = new Browser(all.shop, slow.jar)
            return {
              tasks: [() => slow.visit(replace), () => end(all)],
              async check([slowly, ending]) {
                expect(ending!.status).toBe('fulfilled')
                if (slowly?.status === 'rejected') expect(slowly.reason).toMatchObject({ code: 'ERR_SESSION_ENDED' })
                expect((await inShop.visit()).session.subject).toBeUndefined()
              },
            }
          },
          ['before'],
        )
        expect(orders).toBeGreaterThan(5)
      })
    }
  }

  it('logging out of one application leaves what a regenerate has made of the session', async () => {
    await everyOrder(
      async (wrap) => {
        const all = await shared(wrap)
        const slow = all.copy(all.blog)
        return {
          tasks: [() => slow.visit((session) => session.regenerate()), () => all.copy().visit((s) => s.logout())],
          async check([slowly, leaving]) {
            expect(leaving!.status).toBe('fulfilled')
            if (slowly?.status === 'rejected') expect(slowly.reason).toMatchObject({ code: 'ERR_SESSION_ENDED' })
            expect((await new Browser(all.shop, slow.jar).visit()).session.subject).toBeUndefined()
            expect((await new Browser(all.shop, all.user.jar).visit()).session.subject).toBeUndefined()
          },
        }
      },
      ['before'],
    )
  })

  it('of parallel regenerates one has a successor, and the others fail', async () => {
    const orders = await everyOrder(
      async (wrap) => {
        const { browser, sessions } = world({ cookieStorage: true, revocations: wrap(memoryRevocations()) })
        const user = browser()
        await user.visit((session) => session.login('ada'))
        const users = [user.copy(), user.copy(), user.copy()]
        const requests = await Promise.all(
          users.map(async ({ jar }) => {
            const carrier = fakeCarrier({ cookie: jar })
            return { jar, carrier, session: await sessions.open(carrier) }
          }),
        )
        return {
          tasks: requests.map(({ jar, carrier, session }) => async () => {
            await session.regenerate()
            await sessions.commit(session)
            jar.take(carrier.setCookies)
          }),
          async check(settled) {
            const reasons = settled.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []))
            expect(reasons).toEqual(['ERR_SESSION_ENDED', 'ERR_SESSION_ENDED'])
            const outcomes = await Promise.all(users.map((one) => one.outcome()))
            expect(outcomes.filter((outcome) => outcome === 'resumed').length).toBe(1)
          },
        }
      },
      ['before'],
    )
    expect(orders).toBeGreaterThan(50)
  })
})

describe('a remember-me in a sealed session of two applications', () => {
  /** Logged in to both, and remembered by the shop. */
  async function remembered() {
    const revocations = memoryRevocations()
    const shop = world({ cookieStorage: true, audience: 'shop', remember: true, revocations })
    const blog = world({ cookieStorage: true, audience: 'blog', revocations })
    const user = shop.browser()
    const inBlog = new Browser(blog.sessions, user.jar)
    await inBlog.visit((session) => session.login('ada'))
    await user.visit((session) => session.login('ada', { remember: true }))
    return { shop, blog, user, inBlog }
  }

  it('ends with the session, also if the other application has changed its id', async () => {
    const { blog, user, inBlog } = await remembered()
    for (let n = 0; n < 3; n++) await inBlog.visit((session) => session.regenerate())
    const { session } = await inBlog.visit()
    await (blog.sessions as unknown as { revoke(id: string): Promise<void> }).revoke(session.id)
    user.jar.delete('__Host-session')
    expect((await user.visit()).session.subject).toBeUndefined()
  })

  it('that parallel requests use leaves the other application logged in', async () => {
    const { shop, user, inBlog } = await remembered()
    await user.visit((session) => session.logout())
    await user.visit()
    expect((await inBlog.visit()).session.subject).toBe('ada')

    // The shop's own remember-me is over; another one of the same subject restores into the session of the blog.
    const other = shop.browser()
    await other.visit((session) => session.login('ada', { remember: true }))
    user.jar.set('__Host-remember', other.jar.get('__Host-remember')!)
    const requests = [user.copy(), user.copy(), user.copy()]
    const visits = await Promise.all(requests.map((one) => one.visit()))
    const late = user.copy()
    const restored = visits.filter(({ session }) => session.outcome === 'restored')
    expect(restored.length).toBe(1)
    for (const { carrier } of visits) user.jar.take(carrier.setCookies)
    user.jar.take((await late.visit()).carrier.setCookies)
    expect([(await user.visit()).session.subject, (await inBlog.visit()).session.subject]).toEqual(['ada', 'ada'])
  })
})
