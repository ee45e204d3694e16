import { deferred } from '../deferred'
import type { CarrierGroup } from './group'
import { everythingElse, head } from './raw-connection'
import { COOKIE } from './response'
import { chunksOf } from './ways-to-respond'

/** A client that disconnects may lose its own request. It must not affect the server or other requests. */
export function abortTests({ expect, test }: CarrierGroup): void {
  test('a client that disconnects during its request or its response does not affect other requests', async (server) => {
    const visitor = await server.serve({
      'POST /echo': async (c) => c.send(200, await c.body()),
      'GET /endless': async (c) => {
        c.session.data.n = 1
        return c.stream(endless())
      },
    })
    const uploading = await server.connect()
    uploading.send(`${head('POST', '/echo', { 'content-length': '1000', 'content-type': 'text/plain' })}a part`)
    await everythingElse()
    uploading.cut()
    const downloading = await server.connect()
    downloading.get('/endless')
    await downloading.until('again and again')
    downloading.cut()
    await everythingElse()
    expect((await visitor.post('/login')).status).toBe(200)
    expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: 'ann', data: {} })
  })
}

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) {
    yield* chunksOf('again and again ')
    await new Promise((resolve) => setImmediate(resolve))
  }
}

export function abortedCommitTests({ expect, test }: CarrierGroup): void {
  test('a client that disconnects while its session is being stored does not affect other requests', async (server) => {
    const visitor = await server.serve({
      'GET /begin': async (c) => {
        c.session.data.n = 1
        return c.send(200, 'the body')
      },
    })
    for (const outcome of ['stored', 'refused'] as const) {
      const connection = await server.connect()
      server.store.park('create')
      connection.get('/begin')
      const create = await server.store.nextParked('create')
      connection.cut()
      await connection.closed
      await everythingElse()
      server.store.unpark('create')
      if (outcome === 'stored') await create.release()
      else {
        server.store.next('create', 'throw', 3)
        create.fail(new Error('the store is down'))
      }
      await everythingElse()
      server.store.heal()
      expect([outcome, (await visitor.post('/login')).status]).toEqual([outcome, 200])
    }
  })
}

export function goneTests({ expect, test }: CarrierGroup): void {
  test('nothing is stored for a client that disconnected before its response', async (server) => {
    const arrived = deferred()
    const done = deferred()
    const visitor = await server.serve({
      'GET /slow': async (c) => {
        const gone = c.gone()
        arrived.resolve()
        await gone
        c.session.data.n = 1
        // The framework handles the response without a client after this handler.
        setImmediate(() => done.resolve())
        return c.send(200, 'the body')
      },
    })
    await visitor.post('/login')
    server.store.resetCalls()
    for (const cookie of [undefined, `${visitor.jar.header}`]) {
      const connection = await server.connect()
      connection.get('/slow', { cookie })
      await arrived.promise
      connection.cut()
      await done.promise
      await everythingElse()
      const { read, ...writes } = server.store.calls
      expect([cookie === undefined, writes]).toEqual([cookie === undefined, {}])
    }
    expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: 'ann', data: {} })
    expect(visitor.jar.get(COOKIE) === undefined).toBe(false)
  })
}
