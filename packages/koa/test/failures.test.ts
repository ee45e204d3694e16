import { once } from 'node:events'
import { Readable } from 'node:stream'
import { isSessionError, memoryStore } from '@sojourn/session-core'
import { flakyStore } from '@sojourn/session-testing'
import type Koa from 'koa'
import { describe, expect, it } from 'vitest'
import { appWith, browse, managerOf, NAME, showSession, versions } from './served'

describe.each(versions)('koaSession with %s', (_, Application) => {
  describe('an error of the handler', () => {
    it('keeps the cookie of a login, although Koa removes all headers', async () => {
      const { app } = appWith(Application, managerOf(), async (ctx, next) => {
        if (ctx.path === '/show') return showSession(ctx, next)
        await ctx.session.login('ada')
        ctx.throw(401, 'one factor is not enough')
      })
      const browser = await browse(app)
      const refused = await browser.get('/login')
      expect(refused.status).toBe(401)
      expect(await refused.text()).toBe('one factor is not enough')
      expect(refused.headers.get('cache-control')).toBe('no-store')
      expect(await (await browser.get('/show')).json()).toMatchObject({ subject: 'ada' })
    })

    it('clears the cookie after a logout, also with status 500', async () => {
      const { app } = appWith(Application, managerOf(), async (ctx) => {
        if (ctx.path === '/login') await ctx.session.login('ada')
        else await ctx.session.destroy()
        if (ctx.path === '/logout') throw new Error('after the logout')
        ctx.status = 204
      })
      const browser = await browse(app)
      await browser.get('/login')
      expect(browser.jar.names).toEqual([NAME])
      expect((await browser.get('/logout')).status).toBe(500)
      expect(browser.jar.names).toEqual([])
    })

    it('stores changes with a status below 500, and discards them from 500 on', async () => {
      const { app } = appWith(Application, managerOf(), async (ctx, next) => {
        if (ctx.path === '/show') return showSession(ctx, next)
        if (ctx.path === '/login') return ctx.session.login('ada')
        const status = Number(ctx.path.slice(1))
        Object.assign(ctx.session.data, { [status]: true })
        ctx.throw(status)
      })
      const browser = await browse(app)
      await browser.get('/login')
      for (const status of [400, 404, 422, 499, 500, 503]) await browser.get(`/${status}`)
      const { data } = (await (await browser.get('/show')).json()) as { data: object }
      expect(Object.keys(data)).toEqual(['400', '404', '422'])
    })

    it('keeps the cookie if middleware above throws', async () => {
      const handler: Koa.Middleware = async (ctx) => {
        await ctx.session.login('ada')
        ctx.body = 'hello'
      }
      const { app, errors } = appWith(Application, managerOf(), handler, async (_ctx, next) => {
        await next()
        throw new Error('above')
      })
      const browser = await browse(app)
      expect((await browser.get('/')).status).toBe(500)
      expect(browser.jar.names).toEqual([NAME])
      expect(errors).toHaveLength(1)
    })

    it('keeps the cookie and the change if middleware above answers it', async () => {
      const { app, errors } = appWith(
        Application,
        managerOf(),
        async (ctx, next) => {
          if (ctx.path === '/show') return showSession(ctx, next)
          Object.assign(ctx.session.data, { tries: 1 })
          ctx.throw(403)
        },
        async (ctx, next) => {
          await next().catch((error) => {
            ctx.status = error.status
            ctx.body = { error: error.message }
          })
        },
      )
      const browser = await browse(app)
      expect((await browser.get('/')).status).toBe(403)
      expect(await (await browser.get('/show')).json()).toEqual({ data: { tries: 1 } })
      expect(errors).toEqual([])
    })
  })

  describe('a failed commit', () => {
    const brokenStore = () => {
      const store = flakyStore(memoryStore())
      store.next('create', 'throw', Number.POSITIVE_INFINITY)
      return store
    }
    const change: Koa.Middleware = (ctx) => {
      Object.assign(ctx.session.data, { a: 1 })
      ctx.body = 'stored'
    }

    it('is answered by Koa with 503, reported once, and sends no cookie', async () => {
      const { app, errors } = appWith(Application, managerOf({ store: brokenStore() }), change)
      const response = await (await browse(app)).get('/')
      expect(response.status).toBe(503)
      expect(await response.text()).toBe('Service Unavailable')
      expect(response.headers.getSetCookie()).toEqual([])
      expect(errors.map((error) => isSessionError(error, 'ERR_STORE_UNAVAILABLE'))).toEqual([true])
    })

    it('can be caught by middleware above', async () => {
      const { app, errors } = appWith(Application, managerOf({ store: brokenStore() }), change, async (ctx, next) => {
        await next().catch((error) => {
          ctx.status = 503
          ctx.body = error.code
        })
      })
      expect(await (await (await browse(app)).get('/')).text()).toBe('ERR_STORE_UNAVAILABLE')
      expect(errors).toEqual([])
    })

    it('is reported once and answered with 503 if the handler answered on the raw response', async () => {
      const { app, errors } = appWith(Application, managerOf({ store: brokenStore() }), async (ctx) => {
        Object.assign(ctx.session.data, { a: 1 })
        if (ctx.path === '/bypass') ctx.respond = false
        ctx.res.end('stored')
      })
      const browser = await browse(app)
      for (const path of ['/', '/bypass']) {
        const response = await browser.get(path)
        expect(response.status).toBe(503)
        expect(await response.text()).toBe('Service Unavailable')
      }
      expect(errors.map((error) => isSessionError(error, 'ERR_STORE_UNAVAILABLE'))).toEqual([true, true])
    })

    it('is answered with 500 and a process warning if an error listener throws', async () => {
      const { app } = appWith(Application, managerOf({ store: brokenStore() }), async (ctx) => {
        Object.assign(ctx.session.data, { a: 1 })
        ctx.res.end('stored')
      })
      app.on('error', () => {
        throw new Error('the listener is broken')
      })
      const warned = once(process, 'warning')
      const response = await (await browse(app)).get('/')
      expect([response.status, await response.text()]).toEqual([500, 'Error 500\n'])
      expect(await warned).toMatchObject([{ name: 'SojournWarning' }])
    })

    it('replaces a body that streams', async () => {
      const { app } = appWith(Application, managerOf({ store: brokenStore() }), async (ctx) => {
        Object.assign(ctx.session.data, { a: 1 })
        ctx.body = Readable.from(['never', ' ', 'sent'])
      })
      const response = await (await browse(app)).get('/')
      expect([response.status, await response.text()]).toEqual([503, 'Service Unavailable'])
    })
  })

  it('answers 503 if the store is down, clears no cookie, and runs no handler', async () => {
    const store = flakyStore(memoryStore())
    let handled = 0
    const { app, errors } = appWith(Application, managerOf({ store: store }), async (ctx) => {
      handled++
      await ctx.session.login('ada')
      ctx.body = 'hello'
    })
    const browser = await browse(app)
    await browser.get('/')
    store.next('read', 'throw')
    const response = await browser.get('/')
    expect(response.status).toBe(503)
    expect(response.headers.getSetCookie()).toEqual([])
    expect(browser.jar.names).toEqual([NAME])
    expect(handled).toBe(1)
    expect(errors).toHaveLength(1)
  })
})
