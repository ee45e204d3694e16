import type { Session } from '@sojourn/session-core'
import type Koa from 'koa'
import { expect, expectTypeOf, test } from 'vitest'
import { type KoaSessionOptions, koaSession, type SessionData } from '../src'
import { managerOf } from './served'

declare module '../src' {
  interface SessionData {
    theme: 'dark' | 'light'
  }
}

interface Shop {
  cart: string[]
}

test('ctx.session has what SessionData was augmented with, in every kind of context', () => {
  expectTypeOf<Koa.Context['session']>().toEqualTypeOf<Session<SessionData>>()
  expectTypeOf<Koa.ParameterizedContext<object, object>['session']>().toEqualTypeOf<Session<SessionData>>()
  expectTypeOf<Koa.Context['session']['data']['theme']>().toEqualTypeOf<'dark' | 'light' | undefined>()
  expectTypeOf<Koa.Context['session']['data']>().not.toHaveProperty('cart')
})

test('sessions.of(ctx) has the type of its manager', () => {
  const shop = managerOf<Shop>()
  const handler: Koa.Middleware = (ctx) => {
    expectTypeOf(shop.of(ctx)).toEqualTypeOf<Session<Shop>>()
    expectTypeOf(shop.of(ctx).data.cart).toEqualTypeOf<string[] | undefined>()
  }
  expectTypeOf(handler).toExtend<Koa.Middleware>()
})

test('koaSession takes a manager of any data, and gives middleware', () => {
  expectTypeOf(koaSession(managerOf())).toEqualTypeOf<Koa.Middleware>()
  expectTypeOf(koaSession(managerOf<Shop>(), { property: 'shop' })).toEqualTypeOf<Koa.Middleware>()
  expectTypeOf<Parameters<NonNullable<KoaSessionOptions['skip']>>>().toEqualTypeOf<[ctx: Koa.Context]>()
  // @ts-expect-error an option that does not exist
  expect(() => koaSession(managerOf(), { propery: 'shop' })).toThrow('koaSession has no option propery; known are')
  // @ts-expect-error another library's options
  expect(() => koaSession({ key: 'sid' })).toThrow(
    'koaSession takes the manager that createSessionManager(options) returns.',
  )
})
