import type { IncomingMessage } from 'node:http'
import { Refusal } from './answer'

/** What the routes want to know of a request, whatever the framework. */
export interface DemoRequest {
  readonly method: string
  /** The path as it was sent, for messages. */
  readonly path: string
  /** The decoded segments of the path, after that of the storage. */
  readonly segments: readonly string[]
  readonly query: URLSearchParams
  readonly authorization: string | undefined
  readonly userAgent: string | undefined
  /** The body as text. @throws Refusal 413 where it is longer than a megabyte. */
  body(): Promise<string>
}

const MAX_BODY = 1024 * 1024

/**
 * Takes one of Node's requests apart: all three frameworks have one. `url` is the one that the client sent.
 * @throws Refusal 400 where the path is not well encoded.
 */
export function demoRequest(message: IncomingMessage, url: string): DemoRequest {
  const [path = '', ...query] = url.split('?')
  return {
    method: message.method ?? 'GET',
    path,
    segments: path.split('/').slice(2).map(decode),
    query: new URLSearchParams(query.join('?')),
    authorization: message.headers.authorization,
    userAgent: message.headers['user-agent'],
    body: () => bodyOf(message),
  }
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw new Refusal(400, 'ERR_BAD_PATH', `The path is not well encoded: ${segment}`)
  }
}

async function bodyOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  // Not destroyed where it is too long: there would be nobody left to tell.
  for await (const chunk of message.iterator({ destroyOnReturn: false })) {
    length += chunk.length
    if (length > MAX_BODY) throw new Refusal(413, 'ERR_TOO_LARGE', 'The body is longer than a megabyte.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
