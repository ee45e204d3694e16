import type { ParkedCall } from '../fakes/parked-store'
import { ANSWERS, chunksOf, RAW_ANSWERS } from './answers'
import type { Bench } from './bench'
import type { CarrierGroup } from './group'
import type { Exchange } from './harness'
import { COOKIE } from './visitor'
import { everythingElse, head, type Wire } from './wire'

export function orderingTests(group: CarrierGroup): void {
  for (const [verb, answer] of Object.entries(ANSWERS)) waitTests(group, verb, answer)
  sideTests(group)
  backpressureTest(group)
}

export function rawOrderingTests(group: CarrierGroup): void {
  for (const [verb, answer] of Object.entries(RAW_ANSWERS)) waitTests(group, verb, answer)
}

function waitTests({ expect, test }: CarrierGroup, verb: string, answer: (c: Exchange) => unknown): void {
  test(`no byte leaves before the store has taken a new session: ${verb}`, async (bench) => {
    await bench.serve({
      'GET /begin': async (c) => {
        c.session.data.n = 1
        return answer(c)
      },
    })
    const wire = await bench.wire()
    bench.store.park('create')
    wire.get('/begin')
    const create = await parkedOn(wire, bench.store.nextParked('create'))
    await othersAreServed(bench)
    expect(wire.received).toBe('')
    await create.release()
    await wire.closed
    expect(wire.received.split(`${COOKIE}=`).length - 1).toBe(1)
    expect(wire.received.includes('\r\n\r\n')).toBe(true)
  })

  test(`no byte leaves before the store has replied about a change: ${verb}`, async (bench) => {
    const visitor = await bench.serve({
      'GET /change': async (c) => {
        c.session.data.n = 1
        return answer(c)
      },
    })
    await visitor.post('/login')
    const wire = await bench.wire()
    bench.store.park('update', 'after')
    wire.get('/change', { cookie: visitor.jar.header })
    const update = await parkedOn(wire, bench.store.nextParked('update'))
    await othersAreServed(bench)
    expect(wire.received).toBe('')
    await update.release()
    await wire.closed
    expect(/^HTTP\/1\.1 (200|302) /.test(wire.received)).toBe(true)
    expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: 'ann', data: { n: 1 } })
  })
}

function sideTests({ expect, test }: CarrierGroup): void {
  test('a touch that is due holds nothing up', async (bench) => {
    const visitor = await bench.serve()
    await visitor.post('/login')
    bench.clock.advance(120)
    bench.store.park('touch')
    const answer = await visitor.get('/show')
    expect([answer.status, bench.store.parked.length]).toEqual([200, 1])
  })

  test('a pipelined request waits for the response before it', async (bench) => {
    await bench.serve({
      'GET /begin': async (c) => {
        c.session.data.n = 1
        return c.send(200, 'the first')
      },
    })
    const wire = await bench.wire()
    bench.store.park('create')
    wire.send(head('GET', '/begin') + head('GET', '/plain', { connection: 'close' }))
    const create = await parkedOn(wire, bench.store.nextParked('create'))
    await othersAreServed(bench)
    expect(wire.received).toBe('')
    await create.release()
    await wire.closed
    const [, first, second] = wire.received.split('HTTP/1.1 200 OK\r\n')
    expect([first?.includes(`${COOKIE}=`), first?.includes('the first')]).toEqual([true, true])
    expect([second?.includes(`${COOKIE}=`), second?.includes('\r\nplain')]).toEqual([false, true])
  })

  test('a body that comes while the session is being opened is read whole', async (bench) => {
    const visitor = await bench.serve({ 'POST /echo': async (c) => c.send(200, await c.body()) })
    await visitor.post('/login')
    bench.store.park('read')
    const sent = visitor.post('/echo', { body: 'x'.repeat(100_000), headers: { 'content-type': 'text/plain' } })
    const read = await bench.store.nextParked('read')
    await everythingElse()
    await read.release()
    expect((await sent).body.length).toBe(100_000)
  })
}

function backpressureTest({ expect, test }: CarrierGroup): void {
  test('a stream is not gathered up while its response waits for the store', async (bench) => {
    const chunks = Array.from({ length: 64 }, (_, n) => String(n % 10).repeat(32 * 1024))
    let taken = 0
    await bench.serve({
      'GET /big': async (c) => {
        c.session.data.n = 1
        return c.stream(counted(chunks, () => taken++))
      },
    })
    const wire = await bench.wire()
    bench.store.park('create')
    wire.get('/big')
    const create = await parkedOn(wire, bench.store.nextParked('create'))
    await othersAreServed(bench)
    // A quarter of 2 MB: room for every buffer on the way, and far from all of it.
    expect([wire.received, taken <= 16]).toEqual(['', true])
    await create.release()
    await wire.closed
    expect([taken, wire.received.includes('9'.repeat(1000))]).toEqual([64, true])
  })
}

async function* counted(texts: string[], count: () => void): AsyncGenerator<Uint8Array> {
  for (const text of texts) {
    count()
    yield* chunksOf(text)
  }
}

/** The parked call; where the connection is closed first, the response has not waited for it. */
async function parkedOn(wire: Wire, parked: Promise<ParkedCall>): Promise<ParkedCall> {
  const call = await Promise.race([parked, wire.closed])
  if (!call) throw new Error(`the response came first: ${wire.received}`)
  return call
}

/** While one response waits, everybody else is served; after that, whatever was on its way has arrived. */
async function othersAreServed(bench: Bench): Promise<void> {
  await bench.another().get('/plain')
  await everythingElse()
}
