import { deferred } from '../deferred'
import { chunksOf } from './answers'
import type { CarrierGroup } from './group'
import { COOKIE } from './visitor'
import { everythingElse, head } from './wire'

/** Whatever a client's going away does to its own request, the server and everybody else live on. */
export function abortTests({ expect, test }: CarrierGroup): void {
  test('a client that goes away in the middle of its request, or of its answer, harms nobody', async (bench) => {
    const visitor = await bench.serve({
      'POST /echo': async (c) => c.send(200, await c.body()),
      'GET /endless': async (c) => {
        c.session.data.n = 1
        return c.stream(endless())
      },
    })
    const uploading = await bench.wire()
    uploading.send(`${head('POST', '/echo', { 'content-length': '1000', 'content-type': 'text/plain' })}a part`)
    await everythingElse()
    uploading.cut()
    const downloading = await bench.wire()
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
  test('a client that goes away while its session is being stored harms nobody', async (bench) => {
    const visitor = await bench.serve({
      'GET /begin': async (c) => {
        c.session.data.n = 1
        return c.send(200, 'the body')
      },
    })
    for (const outcome of ['stored', 'refused'] as const) {
      const wire = await bench.wire()
      bench.store.park('create')
      wire.get('/begin')
      const create = await bench.store.nextParked('create')
      wire.cut()
      await wire.closed
      await everythingElse()
      bench.store.unpark('create')
      if (outcome === 'stored') await create.release()
      else {
        bench.store.next('create', 'throw', 3)
        create.fail(new Error('the store is down'))
      }
      await everythingElse()
      bench.store.heal()
      expect([outcome, (await visitor.post('/login')).status]).toEqual([outcome, 200])
    }
  })
}

export function goneTests({ expect, test }: CarrierGroup): void {
  test('nothing is stored for a client that went away before its answer', async (bench) => {
    const arrived = deferred()
    const done = deferred()
    const visitor = await bench.serve({
      'GET /slow': async (c) => {
        const gone = c.gone()
        arrived.resolve()
        await gone
        c.session.data.n = 1
        // What the framework makes of an answer that nobody waits for comes after this handler.
        setImmediate(() => done.resolve())
        return c.send(200, 'the body')
      },
    })
    await visitor.post('/login')
    bench.store.resetCalls()
    for (const cookie of [undefined, `${visitor.jar.header}`]) {
      const wire = await bench.wire()
      wire.get('/slow', { cookie })
      await arrived.promise
      wire.cut()
      await done.promise
      await everythingElse()
      const { read, ...writes } = bench.store.calls
      expect([cookie === undefined, writes]).toEqual([cookie === undefined, {}])
    }
    expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: 'ann', data: {} })
    expect(visitor.jar.get(COOKIE) === undefined).toBe(false)
  })
}
