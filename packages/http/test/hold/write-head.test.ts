import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { hold, serve } from './held-server'

type WriteHead = (res: ServerResponse) => unknown

/** The response that a client receives if a cookie and Cache-Control are set while the head waits. */
async function sent(writeHead: WriteHead) {
  const seen: unknown[] = []
  const server = await serve((_req, res) => {
    const { store, response, commits } = hold(res)
    store.promise.then(() => {
      response.setResponseHeader('cache-control', [...response.responseHeader('cache-control'), 'no-store'])
    })
    res.setHeader('Cache-Control', 'max-age=1')
    res.setHeader('X-Before', 'kept')
    writeHead(res)
    res.end('hello')
    seen.push(...commits)
    store.resolve()
  })
  const received = await server.get()
  expect(String(received.body)).toBe('hello')
  expect(received.header('x-before')).toEqual(['kept'])
  return { ...received, committed: seen[0] as { status: number; cacheControl: string[] } }
}

describe('holdResponse with an explicit writeHead', () => {
  const ways: Record<string, WriteHead> = {
    'an object': (res) => res.writeHead(201, { 'cache-control': 'public', 'set-cookie': ['a=1', 'b=2'] }),
    'an object and a reason': (res) =>
      res.writeHead(201, 'Made', { 'CACHE-CONTROL': 'public', 'Set-Cookie': ['a=1', 'b=2'] }),
    'a flat list': (res) => res.writeHead(201, ['cache-control', 'public', 'set-cookie', 'a=1', 'Set-Cookie', 'b=2']),
    'a flat list and a reason': (res) =>
      res.writeHead(201, 'Made', ['cache-control', 'public', 'set-cookie', ['a=1', 'b=2']] as string[]),
    'a list of pairs': (res) =>
      res.writeHead(201, [
        ['cache-control', 'public'],
        ['set-cookie', ['a=1', 'b=2']],
      ] as unknown as string[]),
  }
  for (const [way, writeHead] of Object.entries(ways)) {
    it(`shows the commit the status and headers of ${way}, and keeps what the commit sets`, async () => {
      const received = await sent(writeHead)
      expect(received.committed).toEqual({ status: 201, cacheControl: ['public'] })
      expect(received.status).toBe(201)
      expect(received.reason).toBe(way.includes('reason') ? 'Made' : 'Created')
      expect(received.header('set-cookie')).toEqual(['a=1', 'b=2', 'id=1'])
      expect(received.header('cache-control')).toEqual(['public', 'no-store'])
    })
  }

  it('accepts a call without headers, and a status as a string, as Node does', async () => {
    expect((await sent((res) => res.writeHead(418))).status).toBe(418)
    expect((await sent((res) => res.writeHead('202' as unknown as number, 'Fine'))).reason).toBe('Fine')
  })

  it('replaces a header that was set before, by an object and by a list', async () => {
    for (const headers of [{ 'x-before': 'new' }, ['X-BEFORE', 'new']]) {
      const server = await serve((_req, res) => {
        hold(res).store.resolve()
        res.setHeader('x-before', 'old')
        res.writeHead(200, headers as string[]).end()
      })
      expect((await server.get()).header('x-before')).toEqual(['new'])
    }
  })

  it('throws what Node would throw, before the commit', async () => {
    const server = await serve((_req, res) => {
      const { commits } = hold(res)
      expect(() => res.writeHead(200, { 'x-bad': 'a\nb' })).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_CHAR' }),
      )
      expect(() => res.writeHead(200, { 'no name': 'a' })).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_HTTP_TOKEN' }),
      )
      expect(() => res.writeHead(200, { 'x-none': undefined })).toThrow(
        expect.objectContaining({ code: 'ERR_HTTP_INVALID_HEADER_VALUE' }),
      )
      expect(commits).toEqual([])
      res.destroy()
    })
    await expect(server.get()).rejects.toThrow()
  })
})
