import type { CarrierHandler, Exchange } from './carrier-app'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Yields each text as one chunk. */
export async function* chunksOf(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield bytes(text)
}

/** Ways to respond with `the body`, or with a redirect, that every framework has. */
export const RESPONSES: Readonly<Record<string, (c: Exchange) => unknown>> = {
  send: (c) => c.send(200, 'the body'),
  json: (c) => c.json('the body'),
  redirect: (c) => c.redirect('/plain'),
  'redirect with a text': (c) => c.redirect('/plain', 'the body'),
  stream: (c) => c.stream(chunksOf('the ', 'body')),
}

/** Ways to respond with `the body` on Node's response directly. */
export const RAW_RESPONSES: Readonly<Record<string, CarrierHandler>> = {
  end: async (c) => void c.raw().end('the body'),
  'write, then end': async (c) => {
    const res = c.raw()
    res.write('the ')
    res.end('body')
  },
  'writeHead, then end': async (c) => void c.raw().writeHead(200, { 'X-Handler': 'mine' }).end('the body'),
  'flushHeaders, then end': async (c) => {
    const res = c.raw()
    res.flushHeaders()
    res.end('the body')
  },
}
