import { cp, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Server, startPostgres, startRedis } from '@sojourn/session-testing/servers'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { readPage } from '../../../test/pages'
import { root } from '../../../test/workspace-copy'
import { run } from './command'
import { createProject, managers } from './managers'
import { withServer } from './server'
import { typed } from './terminal'

const { registry, caches } = inject('published')
const entries = await readdir(join(root, 'examples'), { withFileTypes: true })
const examples = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
const { blocks } = await readPage('examples/README.md')
const transcript = blocks.find(({ language }) => language === 'console')!.code
const commands = blocks.find(({ language }) => language === 'sh')!.code

const servers = { redis: await startRedis({ own: true }), postgres: await startPostgres({ own: true }) }
const running = Object.values(servers).filter((server): server is Server & typeof server => server.available)
afterAll(() => Promise.all(running.map((server) => server.close())))

describe.each(examples)('examples/%s', (name) => {
  const server = /redis/.test(name) ? servers.redis : /-postgres/.test(name) ? servers.postgres : undefined

  it.skipIf(server && !server.available)('compiles, and by the README’s line does what the README shows', async () => {
    const project = await createProject(managers[0]!, registry, caches)
    await cp(join(root, 'examples', name), project.folder, {
      recursive: true,
      filter: (path) => !/[/\\](node_modules|\.next|\.env|package-lock\.json)$/.test(path),
    })
    delete project.env.SESSION_SECRET
    if (server?.available) Object.assign(project.env, { REDIS_URL: server.url, DATABASE_URL: server.url })
    const [install, start] = commands.trim().split(' && ')
    await run(['sh', '-c', install!], project.folder, project.env)
    const expected = name.endsWith('-cookie') ? transcript.replace('unknown', 'revoked') : transcript
    await withServer(['sh', '-c', start!], project, async (port) => {
      expect(await typed(transcript, project, port)).toBe(expected)
    })
    const module = name.startsWith('nextjs')
      ? []
      : ['--module', 'nodenext', '--target', 'es2022', '--strict', '--types', 'node', 'server.ts']
    await run(['npx', 'tsc', '--noEmit', '--skipLibCheck', ...module], project.folder, project.env)
  })
})
