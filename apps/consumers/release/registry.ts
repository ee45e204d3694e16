import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../../../test/workspace-copy'

/** A registry on loopback that anyone may publish to. */
export interface Registry {
  readonly url: string
  /** The file with npm's settings for it. npm publishes only if it finds a token there; any value will do. */
  readonly npmrc: string
  close(): Promise<void>
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await once(server.close(), 'close')
  return port
}

/** Packages of others come from npm, and are kept in `.cache/verdaccio`; ours are only what is published here. */
export async function startRegistry(): Promise<Registry> {
  const folder = await mkdtemp(join(tmpdir(), 'sojourn-registry-'))
  const storage = join(root, '.cache/verdaccio')
  await mkdir(storage, { recursive: true })
  await rm(join(storage, '@sojourn'), { recursive: true, force: true })
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/`
  const [config, npmrc] = [join(folder, 'config.yaml'), join(folder, '.npmrc')]
  await writeFile(
    config,
    `storage: ${storage}
max_body_size: 100mb
uplinks: { npmjs: { url: https://registry.npmjs.org/, cache: true, maxage: 60m, timeout: 60s } }
packages:
  '@sojourn/*': { access: $all, publish: $anonymous }
  '**': { access: $all, proxy: npmjs }
log: { type: stdout, level: warn }
`,
  )
  await writeFile(npmrc, `registry=${url}\n//127.0.0.1:${port}/:_authToken=any\n`)
  const bin = createRequire(import.meta.url).resolve('verdaccio/bin/verdaccio')
  const child = spawn(process.execPath, [bin, '--config', config, '--listen', `127.0.0.1:${port}`], {
    stdio: 'inherit',
  })
  while (
    !(await fetch(`${url}-/ping`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null) throw new Error('verdaccio has ended')
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  return {
    url,
    npmrc,
    async close() {
      child.kill()
      if (child.exitCode === null) await once(child, 'exit')
      await rm(folder, { recursive: true, force: true })
    },
  }
}
