import Fastify from 'fastify'
import { expect, it } from 'vitest'
import { fastifySession, requireFresh, sameOriginOnly } from '../src'
import { managerOf } from './served'

const PROXY = { host: 'internal:3000', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'app.example' }

it.each([
  ['trusts a', true, 'https://app.example', 200],
  ['trusts a', true, 'http://internal:3000', 403],
  ['trusts no', false, 'https://app.example', 403],
  ['trusts no', false, 'http://internal:3000', 200],
])(
  'sameOriginOnly: an application that %s proxy (%s) answers Origin %s with %i',
  async (_, trustProxy, origin, status) => {
    const app = Fastify({ trustProxy })
    app.addHook('onRequest', sameOriginOnly())
    app.post('/', async () => 'passed')
    const response = await app.inject({ method: 'POST', url: '/', headers: { ...PROXY, origin } })
    expect(response.statusCode).toBe(status)
  },
)

it('setErrorHandler gets what the guards refuse', async () => {
  const sessions = managerOf()
  const app = Fastify()
  app.setErrorHandler((error: { code: string; statusCode: number }, _request, reply) =>
    reply.code(error.statusCode).send(error.code),
  )
  await app.register(fastifySession, { sessions })
  app.post('/', { onRequest: sameOriginOnly(), preHandler: requireFresh(sessions, { within: 300 }) }, async () => '')
  const post = async (headers: Record<string, string>) => {
    const { statusCode, body } = await app.inject({ method: 'POST', url: '/', headers })
    return [statusCode, body]
  }
  expect(await post({ 'sec-fetch-site': 'cross-site' })).toEqual([403, 'ERR_SESSION_CROSS_ORIGIN'])
  expect(await post({})).toEqual([401, 'ERR_SESSION_NOT_FRESH'])
})

it('the guards refuse wrong options at start-up', () => {
  const code = expect.objectContaining({ code: 'ERR_SESSION_CONFIG' })
  expect(() => requireFresh(managerOf(), {})).toThrow(code)
  expect(() => sameOriginOnly({ trustedOrigins: ['*'] })).toThrow(code)
})
