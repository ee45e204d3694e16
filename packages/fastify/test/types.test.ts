import type { Session } from '@sojourn/session-core'
import Fastify, { type FastifyRequest } from 'fastify'
import { expectTypeOf, test } from 'vitest'
import { fastifySession, type SessionData } from '../src'
import { managerOf } from './served'

declare module '../src' {
  interface SessionData {
    theme: 'dark' | 'light'
  }
}

interface Shop {
  cart: string[]
}

test('request.session has what SessionData was augmented with, in typed routes too', () => {
  expectTypeOf<FastifyRequest['session']>().toEqualTypeOf<Session<SessionData>>()
  expectTypeOf<FastifyRequest['session']['data']['theme']>().toEqualTypeOf<'dark' | 'light' | undefined>()
  expectTypeOf<FastifyRequest['session']['data']>().not.toHaveProperty('cart')
  Fastify().get<{ Querystring: { page: number } }>('/', async (request) => {
    expectTypeOf(request.session).toEqualTypeOf<Session<SessionData>>()
  })
})

test('sessions.of(request) has the type of its manager', () => {
  const shop = managerOf<Shop>()
  Fastify().get('/', async (request) => {
    expectTypeOf(shop.of(request)).toEqualTypeOf<Session<Shop>>()
    expectTypeOf(shop.of(request).data.cart).toEqualTypeOf<string[] | undefined>()
  })
})

test('the plugin takes a manager of any data, and nothing it does not know', () => {
  const app = Fastify()
  app.register(fastifySession, { sessions: managerOf() })
  app.register(fastifySession, { sessions: managerOf<Shop>(), property: 'shop', skip: (request) => request.is404 })
  // @ts-expect-error sessions is required
  app.register(fastifySession, { property: 'shop' })
  // @ts-expect-error an option that does not exist
  app.register(fastifySession, { sessions: managerOf(), propery: 'shop' })
})

test('a route’s config knows that it may have no session', () => {
  const app = Fastify()
  app.get('/health', { config: { session: false } }, async () => 'up')
  // @ts-expect-error not a text
  app.get('/wrong', { config: { session: 'no' } }, async () => 'up')
})
