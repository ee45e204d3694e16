import type { IncomingMessage } from 'node:http'
import { Refusal } from './answer'

/** What the routes need of a request, the same in every framework. */
export interface DemoRequest {
  readonly method: string
  /** The path as the client sent it, for messages. */
  readonly path: string
  /** The decoded segments of the path after the storage's. */
  readonly segments: readonly string[]
  readonly query: URLSearchParams
  readonly authorization: string | undefined
  readonly userAgent: string | undefined
  /** The body as text. @throws Refusal 413 if it is longer than a megabyte. */
  body(): Promise<string>
}

const MAX_BODY = 1024 * 1024

/**
 * Reads a Node request, which all three frameworks have. `url` is the URL that the client sent.
 * @throws Refusal 400 if the path is not well encoded.
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
  // The request stays open if it is too long, so that the client gets the answer.
  for await (const chunk of message.iterator({ destroyOnReturn: false })) {
    length += chunk.length
    if (length > MAX_BODY) throw new Refusal(413, 'ERR_TOO_LARGE', 'The body is longer than a megabyte.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
