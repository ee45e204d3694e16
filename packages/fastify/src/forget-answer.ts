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
