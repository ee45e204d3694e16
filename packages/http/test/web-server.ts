import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream as NodeStream } from 'node:stream/web'

/** A server whose handler takes a Request and returns a Response, as in Bun, Deno and workers. */
export function webServer(handler: (request: Request) => Promise<Response>) {
  return createServer(async (req, res) => {
    const response = await handler(requestOf(req, res))
    response.headers.forEach((value, name) => {
      res.appendHeader(name, value)
    })
    res.writeHead(response.status)
    // A client that goes away is not an error of the server.
    if (response.body) pipeline(Readable.fromWeb(response.body as NodeStream), res).catch(() => {})
    else res.end()
  })
}

function requestOf(req: IncomingMessage, res: ServerResponse): Request {
  const gone = new AbortController()
  res.once('close', () => gone.abort())
  const headers = Object.entries(req.headersDistinct).flatMap(([name, values]) => values!.map((value) => [name, value]))
  return new Request(`http://${req.headers.host}${req.url}`, {
    method: req.method!,
    headers: headers as [string, string][],
    signal: gone.signal,
    ...(req.method === 'POST' && { body: Readable.toWeb(req) as ReadableStream, duplex: 'half' }),
  } as RequestInit)
}
