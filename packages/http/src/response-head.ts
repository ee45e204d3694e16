import type { ServerResponse } from 'node:http'

/** Whether nobody is there to receive the response, over HTTP/1 and HTTP/2. */
export function isGone(res: ServerResponse & { stream?: { destroyed: boolean } }): boolean {
  return res.destroyed || res.stream?.destroyed === true
}

/**
 * Puts what `writeHead` was called with into the response, by the rules Node itself follows where headers were set before:
 * an object replaces by name, a list replaces and keeps duplicates. Yields the argument that remains: the status.
 * Without this, what is set on the response afterwards would be lost to a name the caller passed as well.
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

/** Headers that tell of a body, or of where else to find one: they are wrong for whatever is answered in its place. */
export const ABOUT_THE_BODY: readonly string[] = [
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

/** Takes an unsent answer back: what remains are the headers that any answer may carry, and a status that is an error's. */
export function forgetAnswer(res: ServerResponse): void {
  for (const name of ABOUT_THE_BODY) remove(res, name)
  res.statusCode = 500
  if (hasReason(res)) res.statusMessage = ''
}

/** HTTP/2 has no reason beside its status, and Node warns whoever asks for one. */
export function hasReason(res: ServerResponse): boolean {
  return res.req.httpVersionMajor < 2
}

/** Only what is there: Node takes the removal of Content-Length, set or not, for the wish to have none at all. */
function remove(res: ServerResponse, name: string): void {
  if (res.hasHeader(name)) res.removeHeader(name)
}
