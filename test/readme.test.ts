import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { replay } from './transcript'

const root = fileURLToPath(new URL('..', import.meta.url))
// In the adapter's folder, where `express` resolves as in a user's project.
const folder = `${root}packages/express/test/.readme`

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as AddressInfo
  await new Promise((closed) => server.close(closed))
  return port
}

const block = (markdown: string, language: string) => markdown.split(`\`\`\`${language}\n`)[1]!.split('```')[0]!

describe('README', () => {
  const port = freePort()
  let readme = ''

  beforeAll(async () => {
    readme = await readFile(`${root}README.md`, 'utf8')
    process.env.PORT = String(await port)
    process.env.SESSION_SECRET = 'a secret for the README, long enough'
    await mkdir(folder, { recursive: true })
    await writeFile(`${folder}/server.ts`, block(readme, 'ts'))
    await import(/* @vite-ignore */ `${folder}/server.ts`)
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('its example server responds as its transcript shows', async () => {
    const { said, expected } = await replay(block(readme, 'console'), await port)
    expect(said).toEqual(expected)
  })

  it('is short, and its links are valid', async () => {
    expect(readme.split('\n').length).toBeLessThan(140)
    for (const [, target] of readme.matchAll(/\]\(([^)#]+)\)/g)) {
      await expect(
        readFile(`${root}${target}`).catch((error) => error.code),
        target,
      ).resolves.not.toBe('ENOENT')
    }
  })
})
