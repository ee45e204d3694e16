import type { ServerResponse } from 'node:http'
import { hasReason } from './response-head'

/**
 * Makes a response look as if its headers had left: `headersSent` is true, changing a header throws, and the status that
 * counts is the one it has now. Code that asks whether it may still answer gets the same reply whether or not the answer
 * waits. Returns what ends the pretence.
 */
export function pretendSent(res: ServerResponse, ended: () => boolean): () => void {
  const { statusCode } = res
  const reason = hasReason(res) ? res.statusMessage : undefined
  const refuse = (deed: string) => ({
    value: () => {
      throw headersSentError(deed)
    },
  })
  const restore = override(res, {
    headersSent: { get: () => true },
    writableEnded: { get: ended },
    setHeader: refuse('set'),
    setHeaders: refuse('set'),
    appendHeader: refuse('append'),
    removeHeader: refuse('remove'),
  })
  return () => {
    restore()
    res.statusCode = statusCode
    if (hasReason(res)) res.statusMessage = reason!
  }
}

/** What Node throws where a header is changed too late. */
export function headersSentError(deed: string): Error {
  const error = new Error(`Cannot ${deed} headers after they are sent to the client`)
  return Object.assign(error, { code: 'ERR_HTTP_HEADERS_SENT' })
}

function override(target: object, properties: PropertyDescriptorMap): () => void {
  const before = Object.keys(properties).map((name) => [name, Object.getOwnPropertyDescriptor(target, name)] as const)
  for (const [name, property] of Object.entries(properties)) {
    Object.defineProperty(target, name, { ...property, configurable: true })
  }
  return () => {
    for (const [name, descriptor] of before) {
      if (descriptor) Object.defineProperty(target, name, descriptor)
      else Reflect.deleteProperty(target, name)
    }
  }
}
