import type { ServerResponse } from 'node:http'

/**
 * What a plain server can say to an error: its `statusCode` where that is 400 to 599, else 500, and no word of what went
 * wrong. Where the headers are gone already, the connection is cut, so that nobody takes half a response for a whole one.
 */
export function answerError(res: ServerResponse, error: unknown): void {
  if (res.headersSent) {
    res.destroy()
    return
  }
  const { statusCode } = Object(error) as { statusCode?: unknown }
  const fits = typeof statusCode === 'number' && statusCode >= 400 && statusCode <= 599
  res.statusCode = fits ? statusCode : 500
  res.setHeader('content-type', 'text/plain')
  res.end(`Error ${res.statusCode}\n`)
}
