import type { ServerResponse } from 'node:http'

/** Whether the client can no longer receive the response, over HTTP/1 or HTTP/2. */
export function isGone(res: ServerResponse & { stream?: { destroyed: boolean } }): boolean {
  return res.destroyed || res.stream?.destroyed === true
}

/**
 * Sets on the response what `writeHead` was called with, and returns the argument that is left: the status. It follows
 * Node's rules for headers that were set before: an object replaces by name, a list replaces and keeps duplicates.
 * Otherwise a header that is set later would lose to one of the same name in the call.
 */
export function applyHead(res: ServerResponse, args: unknown[]): unknown[] {
  const [status, second, third] = args
  const reason = typeof second === 'string' ? second : undefined
  const headers = reason === undefined ? (third ?? second) : third
  if (Array.isArray(headers)) applyList(res, Array.isArray(headers[0]) ? headers.flat() : headers)
  else for (const [name, value] of Object.entries(headers ?? {})) res.setHeader(name, value as string)
  res.statusCode = Number(status) | 0
  if (reason !== undefined && hasReason(res)) res.statusMessage = reason
  return [status]
}

function applyList(res: ServerResponse, list: string[]): void {
  const pairs = list.flatMap((name, index) => (index % 2 === 0 ? [[name, list[index + 1]!] as const] : []))
  for (const [name] of pairs) remove(res, name)
  for (const [name, value] of pairs) res.appendHeader(name, value)
}

/** Headers that describe a body or say where to find another one. They are wrong for an error that replaces the answer. */
export const BODY_HEADERS: readonly string[] = [
  'accept-ranges',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-range',
  'content-type',
  'etag',
  'expires',
  'last-modified',
  'location',
  'trailer',
  'transfer-encoding',
]

/** Takes back an unsent answer: removes the headers that describe its body, and sets status 500. */
export function forgetAnswer(res: ServerResponse): void {
  for (const name of BODY_HEADERS) remove(res, name)
  res.statusCode = 500
  if (hasReason(res)) res.statusMessage = ''
}

/** HTTP/2 has no reason phrase, and Node warns if one is read or set. */
export function hasReason(res: ServerResponse): boolean {
  return res.req.httpVersionMajor < 2
}

/** Removes a header that is set. If it is not, Node would take the removal of Content-Length as a wish to send none. */
function remove(res: ServerResponse, name: string): void {
  if (res.hasHeader(name)) res.removeHeader(name)
}
