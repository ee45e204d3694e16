import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { hold, serve, tick } from './held-server'

const MEGABYTE = 1024 * 1024
const chunk = (index: number) => Buffer.alloc(16 * 1024, index)
const megabytes = (count: number) => Array.from({ length: count * 64 }, (_, index) => chunk(index))

/** The next uncaught exception, which ends no test run. */
function catchUncaught(): Promise<unknown> {
  const listeners = process.rawListeners('uncaughtException') as (() => void)[]
  process.removeAllListeners('uncaughtException')
  onTestFinished(() => {
    process.removeAllListeners('uncaughtException')
    for (const listener of listeners) process.on('uncaughtException', listener)
  })
  return new Promise((resolve) => process.once('uncaughtException', resolve))
}

describe('holdResponse with a streamed body', () => {
  it('sends a pipe of 2 MB whole and in order, and pauses the source while it waits', async () => {
    const chunks = megabytes(2)
    let read = 0
    const server = await serve(async (_req, res) => {
      const { store, began } = hold(res)
      const source = Readable.from(
        (function* () {
          for (const one of chunks) {
            read++
            yield one
          }
        })(),
        { objectMode: false },
      )
      source.pipe(res)
      await began
      for (let turn = 0; turn < 20; turn++) await tick()
      expect(read).toBeLessThan(chunks.length / 4)
      expect(res.socket!.bytesWritten).toBe(0)
      store.resolve()
    })
    expect((await server.get()).body.equals(Buffer.concat(chunks))).toBe(true)
  })

  it('sends 12 MB from a loop that waits for drain, and from a pipeline', async () => {
    const chunks = megabytes(12)
    let paused = 0
    const writers: ((res: ServerResponse) => Promise<unknown>)[] = [
      async (res) => {
        for (const one of chunks) {
          if (res.write(one)) continue
          paused++
          await once(res, 'drain')
        }
        res.end()
      },
      (res) =>
        pipeline(async function* () {
          yield* chunks
        }, res),
    ]
    for (const write of writers) {
      const server = await serve(async (_req, res) => {
        const { store, began } = hold(res)
        const written = write(res)
        await began
        await tick()
        store.resolve()
        await written
      })
      const { body } = await server.get()
      expect(body.length).toBe(12 * MEGABYTE)
      expect(body.equals(Buffer.concat(chunks))).toBe(true)
    }
    expect(paused).toBeGreaterThan(0)
  })

  it('returns false from 64 KiB on, and emits drain once, also if Node would not', async () => {
    for (const highWaterMark of [16 * 1024, MEGABYTE]) {
      const pausing = async (_req: unknown, res: ServerResponse) => {
        const { store } = hold(res)
        let drained = 0
        res.on('drain', () => drained++)
        expect(res.write('a'.repeat(60_000))).toBe(true)
        expect(res.write('é'.repeat(3_000))).toBe(false)
        expect(drained).toBe(0)
        store.resolve()
        await once(res, 'drain')
        await tick()
        expect(drained).toBe(1)
        res.end()
      }
      const server = await serve(pausing, { highWaterMark })
      expect((await server.get()).body.length).toBe(66_000)
    }
  })

  it('emits no drain if no write returned false, or after the end', async () => {
    for (const [size, ended] of [
      [10, false],
      [70_000, true],
    ] as const) {
      const pausing = async (_req: unknown, res: ServerResponse) => {
        const { store } = hold(res)
        let drained = 0
        res.on('drain', () => drained++)
        res.write('a'.repeat(size))
        if (ended) res.end()
        store.resolve()
        await tick()
        res.end()
        if (!res.closed) await once(res, 'close')
        expect(drained).toBe(0)
      }
      const server = await serve(pausing, { highWaterMark: MEGABYTE })
      expect((await server.get()).body.length).toBe(size)
    }
  })

  it('does not answer a second time if a drain listener throws', async () => {
    const thrown = catchUncaught()
    let errors: unknown[] = []
    const server = await serve((_req, res) => {
      const held = hold(res)
      errors = held.errors
      res.once('drain', () => {
        res.end('!')
        throw new Error('the listener is broken')
      })
      res.write('a'.repeat(70_000))
      held.store.resolve()
    })
    expect(String((await server.get()).body)).toBe(`${'a'.repeat(70_000)}!`)
    expect(errors).toEqual([])
    expect(await thrown).toMatchObject({ message: 'the listener is broken' })
  })

  it('holds one chunk of any size above the limit, and an end after it', async () => {
    for (const whole of [true, false]) {
      const server = await serve((_req, res) => {
        const { store } = hold(res, { maxHeldBytes: 1000 })
        if (!whole) res.write('b'.repeat(999))
        if (!whole) expect(res.write('b'.repeat(99_001))).toBe(false)
        res.end(whole ? 'b'.repeat(100_000) : undefined)
        store.resolve()
      })
      expect(String((await server.get()).body)).toBe('b'.repeat(100_000))
    }
  })

  it('destroys the response and passes an error to onError if a writer ignores false above the limit', async () => {
    const refused: unknown[] = []
    let errors: unknown[] = []
    const server = await serve(async (_req, res) => {
      const held = hold(res, { maxHeldBytes: 1000 })
      errors = held.errors
      res.write('b'.repeat(1000), (error) => refused.push(error))
      expect(held.errors).toEqual([])
      expect(res.write('one too many', (error) => refused.push(error))).toBe(false)
      expect(res.destroyed).toBe(true)
      expect(res.write('and on', (error) => refused.push(error))).toBe(false)
      res.end()
      held.store.resolve()
    })
    await expect(server.get()).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(errors).toEqual([expect.objectContaining({ message: expect.stringContaining('maxHeldBytes') })])
    expect(refused).toHaveLength(3)
    for (const error of refused) expect(error).toBeInstanceOf(Error)
  })
})
