import type { ParkedCall } from '../fakes/parked-store'
import type { Exchange } from './carrier-app'
import type { CarrierGroup } from './group'
import { everythingElse, head, type RawConnection } from './raw-connection'
import { COOKIE } from './response'
import type { TestServer } from './test-server'
import { chunksOf, RAW_RESPONSES, RESPONSES } from './ways-to-respond'

export function orderingTests(group: CarrierGroup): void {
  for (const [verb, response] of Object.entries(RESPONSES)) waitTests(group, verb, response)
  sideTests(group)
  backpressureTest(group)
}

export function rawOrderingTests(group: CarrierGroup): void {
  for (const [verb, response] of Object.entries(RAW_RESPONSES)) waitTests(group, verb, response)
}

function waitTests({ expect, test }: CarrierGroup, verb: string, respond: (c: Exchange) => unknown): void {
  test(`no byte is sent before the store has received a new session: ${verb}`, async (server) => {
    await server.serve({
      'GET /begin': async (c) => {
        c.session.data.n = 1
        return respond(c)
      },
    })
    const connection = await server.connect()
    server.store.park('create')
    connection.get('/begin')
    const create = await parkedOn(connection, server.store.nextParked('create'))
    await othersAreServed(server)
    expect(connection.received).toBe('')
    await create.release()
    await connection.closed
    expect(connection.received.split(`${COOKIE}=`).length - 1).toBe(1)
    expect(connection.received.includes('\r\n\r\n')).toBe(true)
  })

  test(`no byte is sent before the store has confirmed a change: ${verb}`, async (server) => {
    const visitor = await server.serve({
      'GET /change': async (c) => {
        c.session.data.n = 1
        return respond(c)
      },
    })
    await visitor.post('/login')
    const connection = await server.connect()
    server.store.park('update', 'after')
    connection.get('/change', { cookie: visitor.jar.header })
    const update = await parkedOn(connection, server.store.nextParked('update'))
    await othersAreServed(server)
    expect(connection.received).toBe('')
    await update.release()
    await connection.closed
    expect(/^HTTP\/1\.1 (200|302) /.test(connection.received)).toBe(true)
    expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: 'ann', data: { n: 1 } })
  })
}

function sideTests({ expect, test }: CarrierGroup): void {
  test('a due touch does not delay the response', async (server) => {
    const visitor = await server.serve()
    await visitor.post('/login')
    server.clock.advance(120)
    server.store.park('touch')
    const response = await visitor.get('/show')
    expect([response.status, server.store.parked.length]).toEqual([200, 1])
  })

  test('a pipelined request waits for the response before it', async (server) => {
    await server.serve({
      'GET /begin': async (c) => {
        c.session.data.n = 1
        return c.send(200, 'the first')
      },
    })
    const connection = await server.connect()
    server.store.park('create')
    connection.send(head('GET', '/begin') + head('GET', '/plain', { connection: 'close' }))
    const create = await parkedOn(connection, server.store.nextParked('create'))
    await othersAreServed(server)
    expect(connection.received).toBe('')
    await create.release()
    await connection.closed
    const [, first, second] = connection.received.split('HTTP/1.1 200 OK\r\n')
    expect([first?.includes(`${COOKIE}=`), first?.includes('the first')]).toEqual([true, true])
    expect([second?.includes(`${COOKIE}=`), second?.includes('\r\nplain')]).toEqual([false, true])
  })

  test('a body that arrives while the session is opened is read completely', async (server) => {
    const visitor = await server.serve({ 'POST /echo': async (c) => c.send(200, await c.body()) })
    await visitor.post('/login')
    server.store.park('read')
    const sent = visitor.post('/echo', { body: 'x'.repeat(100_000), headers: { 'content-type': 'text/plain' } })
    const read = await server.store.nextParked('read')
    await everythingElse()
    await read.release()
    expect((await sent).body.length).toBe(100_000)
  })
}

function backpressureTest({ expect, test }: CarrierGroup): void {
  test('a stream is not buffered while its response waits for the store', async (server) => {
    const chunks = Array.from({ length: 64 }, (_, n) => String(n % 10).repeat(32 * 1024))
    let taken = 0
    await server.serve({
      'GET /big': async (c) => {
        c.session.data.n = 1
        return c.stream(counted(chunks, () => taken++))
      },
    })
    const connection = await server.connect()
    server.store.park('create')
    connection.get('/big')
    const create = await parkedOn(connection, server.store.nextParked('create'))
    await othersAreServed(server)
    // A quarter of the 2 MB: enough for all buffers on the way, and far less than the whole.
    expect([connection.received, taken <= 16]).toEqual(['', true])
    await create.release()
    await connection.closed
    expect([taken, connection.received.includes('9'.repeat(1000))]).toEqual([64, true])
  })
}

async function* counted(texts: string[], count: () => void): AsyncGenerator<Uint8Array> {
  for (const text of texts) {
    count()
    yield* chunksOf(text)
  }
}

/** Resolves with the parked call. Throws if the connection closes first, because then the response did not wait. */
async function parkedOn(connection: RawConnection, parked: Promise<ParkedCall>): Promise<ParkedCall> {
  const call = await Promise.race([parked, connection.closed])
  if (!call) throw new Error(`the response came first: ${connection.received}`)
  return call
}

/** Checks that other requests are served while one response waits. Afterwards all pending work is done. */
async function othersAreServed(server: TestServer): Promise<void> {
  await server.another().get('/plain')
  await everythingElse()
}
