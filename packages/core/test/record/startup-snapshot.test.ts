import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'tsup'
import { expect, it } from 'vitest'

const run = promisify(execFile)
const source = (path: string) => fileURLToPath(new URL(`../../src/${path}`, import.meta.url))

/** Logs in once while the snapshot is made, and once in each process that is started from it. */
const program = `
import { startupSnapshot } from 'node:v8'
import { createSessionManager, memoryStore } from ${JSON.stringify(source('index.ts'))}

const sessions = createSessionManager({ secret: 'a secret for tests, long enough for anyone', store: memoryStore() })

async function login() {
  const headers = new Map()
  const carrier = {
    method: 'POST', url: '/', secure: true, ip: undefined, statusCode: 200, headersSent: false, aborted: false,
    requestHeader: () => undefined,
    responseHeader: (name) => headers.get(name.toLowerCase()) ?? [],
    setResponseHeader: (name, values) => headers.set(name.toLowerCase(), values),
  }
  const session = await sessions.open(carrier)
  await session.login('ada')
  await sessions.commit(session)
  return carrier.responseHeader('set-cookie')[0]
}

login()
startupSnapshot.setDeserializeMainFunction(async () => console.log(await login()))
`

it('processes started from one startup snapshot issue different tokens', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sojourn-snapshot-'))
  try {
    await writeFile(join(folder, 'program.mjs'), program)
    await build({
      config: false,
      entry: { program: join(folder, 'program.mjs') },
      format: 'cjs',
      outDir: join(folder, 'built'),
      silent: true,
      noExternal: [/.*/],
      esbuildPlugins: [
        {
          name: 'platform',
          setup({ onResolve }) {
            onResolve({ filter: /^#platform$/ }, () => ({ path: source('seal/platform-node.ts') }))
          },
        },
      ],
    })
    const blob = ['--snapshot-blob', join(folder, 'snapshot.blob')]
    await run(process.execPath, [...blob, '--build-snapshot', join(folder, 'built/program.cjs')])
    const started = await Promise.all([1, 2, 3].map(() => run(process.execPath, [...blob, 'main'])))
    const tokens = started.map(({ stdout }) => /__Host-session=([\w.-]{66})/.exec(stdout)?.[1])
    expect(tokens).not.toContain(undefined)
    for (const part of [0, 1]) expect(new Set(tokens.map((token) => token!.split('.')[part])).size).toBe(3)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
