import type { Readable } from 'node:stream'
import { ABOUT_THE_BODY } from '@sojourn/session-http'
import type { FastifyReply } from 'fastify'

/**
 * Takes an unsent reply back, whose session could not be stored: what remains are the headers that any answer may carry,
 * and a status that is an error's. Fastify keeps all of them, and a cache would keep the error.
 */
export function forgetAnswer(reply: FastifyReply): void {
  for (const name of ABOUT_THE_BODY) reply.removeHeader(name)
  reply.code(500)
}

/** Lets go of a body that nobody is going to send: a stream that stands still unread keeps its file open for good. */
export function forgetBody(payload: unknown): void {
  const { body = payload } = Object(payload) as Partial<Response>
  const stream = Object(body) as Partial<Readable & ReadableStream>
  stream.cancel?.().catch(() => {})
  stream.destroy?.()
}
