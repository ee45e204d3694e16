import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compile } from './compile'
import { readPage } from './pages'
import { replay } from './transcript'

const root = fileURLToPath(new URL('..', import.meta.url))

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as AddressInfo
  await new Promise((closed) => server.close(closed))
  return port
}

// Each page, and a package of the workspace where what it imports resolves as in a user's project. Next's page is followed
// by test:release alone, because it needs a build of Next.
const servers = [
  ['README.md', 'apps/demo'],
  ['docs/quick-start/express.md', 'apps/demo'],
  ['docs/quick-start/koa.md', 'apps/demo'],
  ['docs/quick-start/fastify.md', 'apps/demo'],
  ['docs/quick-start/node.md', 'apps/demo'],
  ['docs/quick-start/hono.md', 'test/ecosystem'],
] as const

describe.each(servers)('%s', (path, place) => {
  const folder = join(root, place, '.page', path.replace(/\W/g, '-'))
  let code: string
  let transcript: string

  beforeAll(async () => {
    const { blocks } = await readPage(path)
    code = blocks.find(({ file }) => file === 'server.ts')!.code
    transcript = blocks.find(({ language }) => language === 'console')!.code
    await mkdir(folder, { recursive: true })
    await writeFile(`${folder}/server.ts`, code)
  })
  afterAll(() => rm(dirname(folder), { recursive: true, force: true }))

  it('its server compiles', () => {
    // Types of other packages may not compile with every option of ours.
    expect(compile(`${folder}/server.ts`, { skipLibCheck: true })).toEqual([])
  })

  it('its server responds as its transcript shows', async () => {
    const port = await freePort()
    process.env.PORT = String(port)
    process.env.SESSION_SECRET = 'a secret for the pages, long enough'
    await import(/* @vite-ignore */ `${folder}/server.ts`)
    const { said, expected } = await replay(transcript, port)
    expect(said).toEqual(expected)
  })
})

describe('README.md', () => {
  it('is short, and its links are valid', async () => {
    const readme = await readFile(`${root}README.md`, 'utf8')
    expect(readme.split('\n').length).toBeLessThan(140)
    for (const [, target] of readme.matchAll(/\]\(([^)#]+)\)/g)) {
      await expect(
        readFile(`${root}${target}`).catch((error) => error.code),
        target,
      ).resolves.not.toBe('ENOENT')
    }
  })
})
