import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
// In the adapter's folder, where `express` resolves as in a user's project.
const folder = `${root}packages/express/test/.switching`
const servers: Server[] = []

/** Runs the code below a heading of docs/switching.md. */
async function serve(heading: string): Promise<string> {
  const page = await readFile(`${root}docs/switching.md`, 'utf8')
  const code = page.split(`## ${heading}\n`)[1]!.split('```ts\n')[1]!.split('```')[0]!
  const file = `${folder}/${heading.toLowerCase().replaceAll(' ', '-')}.ts`
  await writeFile(file, code)
  const { app } = (await import(/* @vite-ignore */ file)) as { app: RequestListener }
  const server = createServer(app)
  servers.push(server)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A browser: it sends back the cookies that it was given. */
function client(url: string) {
  const jar = new Map<string, string>()
  return async (path: string, form?: Record<string, string>) => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const body = form && new URLSearchParams(form)
    const response = await fetch(url + path, { method: form ? 'POST' : 'GET', headers: { cookie }, body: body ?? null })
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
      jar.set(name!, value!)
    }
    return { status: response.status, text: await response.text() }
  }
}

const hidden = (html: string, name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1] ?? ''

describe('docs/switching.md', () => {
  beforeAll(async () => {
    process.env.SESSION_SECRET = 'a secret for the recipes, long enough'
    await mkdir(folder, { recursive: true })
  })
  afterAll(async () => {
    for (const server of servers) server.close()
    await rm(folder, { recursive: true, force: true })
  })

  it('its CSRF token is accepted from a visitor who had nothing stored, and from no one else', async () => {
    const url = await serve('A CSRF token')
    const [visitor, other] = [client(url), client(url)]
    const csrf = hidden((await visitor('/form')).text, 'csrf')
    expect(await visitor('/form', { csrf })).toEqual({ status: 200, text: 'accepted' })
    for (const wrong of [{ csrf: 'another' }, {}]) expect((await visitor('/form', wrong as never)).status).toBe(403)
    expect((await other('/form', { csrf })).status).toBe(403)
    expect((await other('/form', {})).status).toBe(403)
    await visitor('/login', {})
    expect((await visitor('/form', { csrf })).status).toBe(403)
  })

  it('its landing page sends on what the other site sent, and nothing that runs', async () => {
    const url = await serve('Login at another site')
    const visitor = client(url)
    const state = JSON.parse((await visitor('/begin')).text) as string
    const attack = '"><script>alert(1)</script>'
    const { text } = await client(url)('/landing', { state, code: attack })
    expect([hidden(text, 'state'), text.includes('<script>alert')]).toEqual([state, false])
    expect((await visitor('/callback', { state: 'another', code: '1' })).status).toBe(403)
    expect(await visitor('/callback', { state, code: '1' })).toEqual({ status: 200, text: '<pre>logged in</pre>' })
    expect((await visitor('/callback', { state, code: '1' })).status).toBe(403)
  })
})
