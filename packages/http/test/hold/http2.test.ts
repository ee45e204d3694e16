import type { ServerResponse } from 'node:http'
import { connect, createServer, type Http2ServerResponse } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { hold, tick } from './held-server'

async function get(handler: (res: Http2ServerResponse) => unknown) {
  const handled: Promise<unknown>[] = []
  const server = createServer((_req, res) => handled.push(Promise.resolve().then(() => handler(res))))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  onTestFinished(() => {
    client.destroy()
    server.close()
  })
  const stream = client.request({ ':path': '/' })
  let headers: Record<string, unknown> = {}
  stream.on('response', (received) => {
    headers = received
  })
  let body = ''
  for await (const chunk of stream) body += chunk
  await Promise.all(handled)
  return { headers, body }
}

// Node warns once per process, so this test comes first.
it('holdResponse gives the error path of an HTTP/2 response an unsent one, without a warning about reason phrases', async () => {
  const warnings: string[] = []
  const listen = ({ name }: Error) => void warnings.push(name)
  process.on('warning', listen)
  onTestFinished(() => void process.off('warning', listen))
  const { headers, body } = await get((res) => {
    const { store } = hold(res as unknown as ServerResponse)
    res.writeHead(201, { etag: '"a"' }).end('hello')
    store.reject(new Error('the store is down'))
  })
  expect([headers[':status'], headers.etag, body]).toEqual([500, undefined, 'the error path'])
  expect(warnings).toEqual([])
})

it('holdResponse holds an HTTP/2 response', async () => {
  for (const answer of [
    (res: Http2ServerResponse) => res.end('hello'),
    (res: Http2ServerResponse) => res.writeHead(200, { 'set-cookie': ['id=0'] }).end('hello'),
    (res: Http2ServerResponse) => {
      res.write('hel')
      res.end('lo')
    },
  ]) {
    const { headers, body } = await get(async (res) => {
      const { store } = hold(res as unknown as ServerResponse)
      answer(res)
      expect(res.headersSent).toBe(true)
      await tick()
      expect(res.stream.headersSent).toBe(false)
      store.resolve()
    })
    expect([headers[':status'], headers['set-cookie'], body]).toEqual([200, ['id=1'], 'hello'])
  }
})

it('holdResponse replays nothing to an HTTP/2 client that has gone', async () => {
  const gone = get(async (res) => {
    const { store, response } = hold(res as unknown as ServerResponse)
    const { stream } = res
    res.end('hello')
    stream.close()
    await new Promise((resolve) => stream.once('close', resolve))
    expect(response.aborted).toBe(true)
    store.resolve()
    await tick()
    expect(stream.headersSent).toBe(false)
  })
  expect((await gone).body).toBe('')
})

it('holdResponse restores the methods that other libraries put on an HTTP/2 response', async () => {
  const { body } = await get(async (res) => {
    const { store } = hold(res as unknown as ServerResponse)
    const setHeader = (() => res) as Http2ServerResponse['setHeader']
    Object.assign(res, { setHeader })
    res.end('hello')
    expect(res.setHeader).not.toBe(setHeader)
    store.resolve()
    await tick()
    expect(res.setHeader).toBe(setHeader)
  })
  expect(body).toBe('hello')
})
