import { describe, expect, it } from 'vitest'
import { answerError } from '../src'
import { serve } from './hold/held-server'

describe('answerError', () => {
  it('answers with a statusCode from 400 to 599, else 500, and nothing else of the error', async () => {
    for (const [error, status] of [
      [{ statusCode: 400 }, 400],
      [{ statusCode: 599 }, 599],
      [{ statusCode: 200 }, 500],
      [{ statusCode: 600 }, 500],
      [{ statusCode: '404' }, 500],
      [new Error('secret'), 500],
      ['secret', 500],
      [null, 500],
      [undefined, 500],
    ] as const) {
      const server = await serve((_req, res) => answerError(res, error))
      const received = await server.get()
      expect([received.status, String(received.body)]).toEqual([status, `Error ${status}\n`])
    }
  })

  it('closes the connection if the response has begun', async () => {
    const server = await serve((_req, res) => {
      res.write('half of it')
      answerError(res, new Error())
    })
    await expect(server.get()).rejects.toMatchObject({ code: 'ECONNRESET' })
  })
})
