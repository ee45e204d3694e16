import type { Readable } from 'node:stream'
import { BODY_HEADERS } from '@sojourn/session-http'
import type { FastifyReply } from 'fastify'

/**
 * Takes back an unsent reply whose session could not be stored: removes the headers that describe its body, and sets status
 * 500. Fastify would keep them, and a cache would store the error.
 */
export function forgetAnswer(reply: FastifyReply): void {
  for (const name of BODY_HEADERS) reply.removeHeader(name)
  reply.code(500)
}

/** Closes a body that will not be sent: a stream without a reader would keep its file open. */
export function discardBody(payload: unknown): void {
  const { body = payload } = Object(payload) as Partial<Response>
  const stream = Object(body) as Partial<Readable & ReadableStream>
  stream.cancel?.().catch(() => {})
  stream.destroy?.()
}
