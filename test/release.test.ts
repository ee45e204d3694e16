import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { chmod } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { WorkspaceCopy } from './workspace-copy'

/** A registry on loopback that knows some packages, and keeps what it is asked. */
class StubRegistry {
  readonly requests: string[] = []
  /** The version that each package has. None by default. */
  version: string | undefined
  isOpen = true
  private readonly server: Server = createServer((request, response) => {
    this.requests.push(`${request.method} ${decodeURIComponent(request.url ?? '')}`)
    response.setHeader('content-type', 'application/json')
    response.statusCode = this.isOpen ? (this.version ? 200 : 404) : 403
    const name = decodeURIComponent(request.url ?? '').slice(1)
    const versions = this.version ? { [this.version]: { name, version: this.version } } : {}
    response.end(JSON.stringify({ name, versions, 'dist-tags': { latest: this.version } }))
  })

  async start(): Promise<void> {
    await once(this.server.listen(0, '127.0.0.1'), 'listening')
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    await once(this.server.close(), 'close')
  }
}

describe('the release command publishes nothing and says what to do', () => {
  const registry = new StubRegistry()
  let copy: WorkspaceCopy
  beforeAll(() => registry.start())
  afterAll(() => registry.close())
  beforeEach(async () => {
    copy = await WorkspaceCopy.create()
    await copy.fillInRepository()
    await copy.removeChangesets()
    await copy.write('.ci/run', '#!/bin/sh\nexit 0\n')
    registry.requests.length = 0
    registry.version = undefined
    registry.isOpen = true
  })
  afterEach(() => copy.remove())

  /** Releases what is committed in the copy. Yields the exit status, and what was printed last. */
  async function release(...args: string[]): Promise<{ status: number; said: string }> {
    const { ACTIONS_ID_TOKEN_REQUEST_URL, SIGSTORE_ID_TOKEN, ...env } = process.env
    return new Promise((resolve) => {
      const command = ['scripts/release.mjs', '--registry', registry.url, ...args]
      execFile(process.execPath, command, { cwd: copy.folder, env }, (error, stdout, stderr) => {
        expect(registry.requests.filter((request) => !request.startsWith('GET '))).toEqual([])
        resolve({ status: Number(error?.code ?? 0), said: `${stdout}${stderr}` })
      })
    })
  }

  it('without the owner’s line', async () => {
    await copy.edit('package.json', (manifest) => {
      manifest.repository = ''
    })
    await copy.commit()
    const { status, said } = await release()
    expect(status).toBe(1)
    expect(said).toContain('Release refused: fill in "repository" in the root\'s package.json')
  })

  it('from a tree with a change that is not committed', async () => {
    await copy.commit()
    await copy.write('left-over.txt', 'x')
    const { status, said } = await release()
    expect(status).toBe(1)
    expect(said).toContain('Release refused: the working tree is not clean')
    expect(said).toContain('left-over.txt')
  })

  it('to a registry that others can reach, without provenance', async () => {
    await copy.commit()
    const { status, said } = await release('--not-loopback')
    expect(status).toBe(1)
    expect(said).toContain(`Release refused: ${registry.url} needs provenance`)
  })

  it('with changes that wait for a version', async () => {
    await copy.write('.changeset/one.md', `---\n'@sojourn/session-core': patch\n---\n\nBetter.\n`)
    await copy.commit()
    const { status, said } = await release()
    expect(status).toBe(1)
    expect(said).toContain('Release refused: changes wait for a version: one.md')
  })

  it('of a version that is out already', async () => {
    registry.version = '0.0.0'
    await copy.setVersion('0.0.0')
    await copy.commit()
    const { status, said } = await release()
    expect(status).toBe(1)
    expect(said).toMatch(/Release refused: @sojourn\/session-[a-z]+ 0\.0\.0 is out already/)
  })

  it('where the tests fail', async () => {
    await copy.write('.ci/run', '#!/bin/sh\necho one test failed\nexit 1\n')
    await chmod(`${copy.folder}/.ci/run`, 0o755)
    await copy.commit()
    const { status, said } = await release()
    expect(status).toBe(1)
    expect(said).toContain('one test failed')
    expect(said).toContain('Release refused: the tests fail')
  })

  it('where the registry does not say which versions are out', async () => {
    registry.isOpen = false
    await copy.commit()
    const { status, said } = await release()
    expect(status).toBe(1)
    expect(said).toContain(`Release refused: ${registry.url} does not say what is out`)
  })
})
