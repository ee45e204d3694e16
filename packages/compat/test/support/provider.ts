import { createServer } from 'node:http'
import { serveOnLoopback } from '@sojourn/session-testing'
import { onTestFinished } from 'vitest'

/** An authorization server that lets everyone in, and says which PKCE verifier it was sent. */
export async function provider(): Promise<string> {
  const { url, close } = await serveOnLoopback(
    createServer(async (req, res) => {
      const chunks: Buffer[] = []
      for await (const chunk of req) chunks.push(chunk as Buffer)
      const form = new URLSearchParams(Buffer.concat(chunks).toString())
      const isVerified = (form.get('code_verifier') ?? '').length >= 43
      res.setHeader('content-type', 'application/json')
      res.end(JSON.stringify({ access_token: isVerified ? 'verified' : 'unverified', token_type: 'bearer' }))
    }),
  )
  onTestFinished(close)
  return url
}
