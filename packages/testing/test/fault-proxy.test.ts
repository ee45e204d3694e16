import { EventEmitter, once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FaultMode, type FaultProxy, faultProxy } from '../src/servers'

/** A connection from the client's side. */
class Client {
  readonly socket: Socket
  received = ''
  readonly closed: Promise<string>

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    this.socket.on('data', (bytes) => {
      this.received += bytes.toString('latin1')
    })
    let reason = 'ended'
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      reason = error.code ?? error.message
    })
    this.socket.on('end', () => this.socket.end())
    this.closed = new Promise((resolve) => this.socket.on('close', () => resolve(reason)))
  }

  /** Resolves once this many bytes have been received in total. */
  async hears(length: number): Promise<string> {
    while (this.received.length < length) await once(this.socket, 'data')
    return this.received
  }
}

let server: Server
let serverPort: number
let serverSide: Socket[]
let heard: string
let proxy: FaultProxy
let timers: { callback: () => void; ms: number }[]
let news: EventEmitter

/** What is said to the server directly, to pass the time. */
const knock = '?'

// The server echoes what it receives in angle brackets.
beforeEach(async () => {
  serverSide = []
  heard = ''
  timers = []
  news = new EventEmitter()
  server = createServer({ allowHalfOpen: true }, (socket) => {
    serverSide.push(socket)
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      if (`${bytes}` !== knock) heard += bytes.toString('latin1')
      news.emit('news')
      socket.write(`<${bytes.toString('latin1')}>`)
    })
    socket.on('end', () => socket.end('bye'))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  serverPort = (server.address() as AddressInfo).port
  const target = { host: '127.0.0.1', port: serverPort }
  const setTimer = (callback: () => void, ms: number) => {
    timers.push({ callback, ms })
    news.emit('news')
  }
  proxy = await faultProxy({ target, setTimer })
})

afterEach(async () => {
  await proxy.close()
  for (const socket of serverSide) socket.destroy()
  await once(server.close(), 'close')
})

/** Several exchanges with the server itself, so that anything the proxy lets through has arrived. */
async function otherExchanges(): Promise<void> {
  for (let round = 0; round < 10; round++) {
    const direct = new Client(serverPort)
    direct.socket.end(knock)
    await direct.closed
  }
}

/** Resolves once the server has heard, or the proxy has set a timer, so that the condition holds. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await once(news, 'news')
}

/** A connection through the proxy that has worked. */
async function settledClient(): Promise<Client> {
  const client = new Client(proxy.port)
  client.socket.write('hello')
  await client.hears(7)
  client.received = ''
  heard = ''
  return client
}

const release = () => {
  for (const { callback } of timers.splice(0)) callback()
}

describe('fault proxy', () => {
  it('forwards requests, replies and half-closed connections', async () => {
    const client = new Client(proxy.port)
    client.socket.write('hello')
    expect(await client.hears(7)).toBe('<hello>')
    client.socket.end()
    expect(await client.closed).toBe('ended')
    expect(client.received).toBe('<hello>bye')
  })

  it('forwards megabytes unchanged', async () => {
    const client = await settledClient()
    const text = Array.from({ length: 400_000 }, (_, i) => `${i}`).join()
    serverSide[0]!.write(text)
    expect((await client.hears(text.length)) === text).toBe(true)
  })

  it('returns the URL of the target with its own host and port', async () => {
    expect(proxy.url).toBe(`tcp://127.0.0.1:${proxy.port}`)
    const url = 'postgres://user:secret@example.test:5432/database?sslmode=disable'
    const other = await faultProxy({ target: { host: '127.0.0.1', port: serverPort, url } })
    expect(other.url).toBe(`postgres://user:secret@127.0.0.1:${other.port}/database?sslmode=disable`)
    await other.close()
  })

  it('refuse: refuses connections, resets existing ones, and later listens on the same port again', async () => {
    const existing = await settledClient()
    await proxy.mode('refuse')
    expect(await existing.closed).toBe('ECONNRESET')
    expect(await new Client(proxy.port).closed).toBe('ECONNREFUSED')
    await proxy.mode('pass')
    await settledClient()
  })

  it('hang: accepts connections, and forwards nothing until the next mode', async () => {
    const existing = await settledClient()
    await proxy.mode('hang')
    const fresh = new Client(proxy.port)
    await once(fresh.socket, 'connect')
    for (const client of [existing, fresh]) client.socket.write('late')
    serverSide[0]!.write('news')
    await otherExchanges()
    expect([heard, existing.received, fresh.received]).toEqual(['', '', ''])
    await proxy.mode('pass')
    expect(await existing.hears(10)).toBe('news<late>')
    expect(await fresh.hears(6)).toBe('<late>')
  })

  it('hang: a close by the server is forwarded with the next mode', async () => {
    for (const [leave, seen] of [
      [() => serverSide.at(-1)!.end(), 'ended'],
      [() => serverSide.at(-1)!.resetAndDestroy(), 'ECONNRESET'],
    ] as const) {
      const client = await settledClient()
      await proxy.mode('hang')
      leave()
      await otherExchanges()
      expect(client.socket.readyState).toBe('open')
      await proxy.mode('pass')
      expect(await client.closed).toBe(seen)
    }
  })

  it('drop-replies: the server gets the request, the client gets no reply', async () => {
    for (const client of [await settledClient(), new Client(proxy.port)]) {
      await proxy.mode('drop-replies')
      heard = ''
      client.socket.write('write this')
      await until(() => heard === 'write this')
      await otherExchanges()
      expect(client.received).toBe('')
      await proxy.mode('pass')
    }
  })

  it('drop-replies: a mode change resets only connections that lost a reply', async () => {
    const [loser, other] = [await settledClient(), await settledClient()]
    await proxy.mode('drop-replies')
    loser.socket.write('lost')
    await until(() => heard === 'lost')
    await otherExchanges()
    await proxy.mode('pass')
    expect(await loser.closed).toBe('ECONNRESET')
    other.socket.write('well')
    expect(await other.hears(6)).toBe('<well>')
  })

  it('stallAfter: holds replies after the given bytes, counted from the switch for each connection', async () => {
    const clients = [await settledClient(), await settledClient()]
    await proxy.mode({ stallAfter: 3 })
    for (const client of clients) client.socket.write('hello')
    for (const client of clients) expect(await client.hears(3)).toBe('<he')
    await otherExchanges()
    for (const client of clients) expect(client.received).toBe('<he')
    expect(heard).toBe('hellohello')
    await proxy.mode('pass')
    for (const client of clients) expect(await client.hears(7)).toBe('<hello>')
  })

  it('resetAfter: resets in the middle of a reply', async () => {
    for (const resetAfter of [0, 1, 3, 7]) {
      const client = await settledClient()
      await proxy.mode({ resetAfter })
      client.socket.write('hello')
      expect(await client.closed).toBe('ECONNRESET')
      expect(client.received).toBe('<hello>'.slice(0, resetAfter))
      await proxy.mode('pass')
    }
  })

  it('resetAfter: counts the bytes of several replies', async () => {
    const client = await settledClient()
    await proxy.mode({ resetAfter: 5 })
    client.socket.write('a')
    await client.hears(3)
    client.socket.write('b')
    expect(await client.closed).toBe('ECONNRESET')
    expect(client.received).toBe('<a><b')
  })

  it('delay: delays replies by the injected timer, in order', async () => {
    const client = await settledClient()
    await proxy.mode({ delay: 250 })
    client.socket.write('one')
    await until(() => timers.length === 1)
    client.socket.write('two')
    await until(() => timers.length === 2)
    await otherExchanges()
    expect(timers.map(({ ms }) => ms)).toEqual([250, 250])
    expect([heard, client.received]).toEqual(['onetwo', ''])
    release()
    expect(await client.hears(10)).toBe('<one><two>')
  })

  it('delay: the next mode ends a delay and applies to the delayed replies', async () => {
    const client = await settledClient()
    await proxy.mode({ delay: 1_000 })
    client.socket.write('late')
    await until(() => timers.length === 1)
    await proxy.mode('hang')
    await otherExchanges()
    expect(client.received).toBe('')
    await proxy.mode('pass')
    expect(await client.hears(6)).toBe('<late>')
    release()
    await otherExchanges()
    expect(client.received).toBe('<late>')
  })

  it('delay: applies to replies held by a hang, with the latest delay only', async () => {
    const client = await settledClient()
    await proxy.mode({ delay: 1 })
    client.socket.write('late')
    await until(() => timers.length === 1)
    await proxy.mode('hang')
    await proxy.mode({ delay: 2 })
    expect(timers.map(({ ms }) => ms)).toEqual([1, 2])
    timers.shift()!.callback()
    await otherExchanges()
    expect(client.received).toBe('')
    release()
    expect(await client.hears(6)).toBe('<late>')
  })

  it('forwards a close by the server after its last reply', async () => {
    const client = await settledClient()
    await proxy.mode({ stallAfter: 2 })
    client.socket.end('last')
    expect(await client.hears(2)).toBe('<l')
    await otherExchanges()
    await proxy.mode('pass')
    expect(await client.closed).toBe('ended')
    expect(client.received).toBe('<last>bye')
  })

  it('resets a connection if the server cannot be reached', async () => {
    const nowhere = await faultProxy({ target: { host: '127.0.0.1', port: 1 } })
    expect(await new Client(nowhere.port).closed).toBe('ECONNRESET')
    await nowhere.close()
  })

  it('one connection survives every sequence of modes that does not break it', async () => {
    const modes: FaultMode[] = ['pass', 'hang', { delay: 5 }, { stallAfter: 1 }, { stallAfter: 0 }, 'pass']
    const client = await settledClient()
    let said = ''
    for (const first of modes) {
      for (const second of modes) {
        await proxy.mode(first)
        client.socket.write('x')
        await proxy.mode(second)
        await proxy.mode('pass')
        said += '<x>'
        expect(await client.hears(said.length)).toBe(said)
      }
    }
  })

  it('close ends all connections and frees the port, and may be called twice', async () => {
    const client = await settledClient()
    await proxy.close()
    expect(await client.closed).toBe('ECONNRESET')
    await proxy.close()
    const successor = createServer().listen(proxy.port, '127.0.0.1')
    await once(successor, 'listening')
    await once(successor.close(), 'close')
  })
})
