import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'

const source = `
import { createSessionManager } from '@sojourn/session-core'
import { webSession } from '@sojourn/session-http/web'

const sessions = createSessionManager({ secret: 'a secret of a worker, long enough' })

export default {
  fetch: (request) =>
    webSession(sessions, request, async (session) => {
      const [, login] = /^\\/login\\/(\\w+)$/.exec(new URL(request.url).pathname) ?? []
      if (login) await session.login(login)
      return Response.json({ subject: session.subject })
    }),
}
`

const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]
);
const worker :Workerd.Worker = (
  modules = [(name = "worker.mjs", esModule = embed "worker.mjs")],
  compatibilityDate = "2024-09-23"
);
`

export const workerTranscript = `
$ curl -s -c jar -b jar -X POST localhost:3000/login/ada
{"subject":"ada"}
$ curl -s -c jar -b jar localhost:3000/me
{"subject":"ada"}
`

/** Bundles a worker in a project as its tools do, without a word of Node. Yields the command that serves it on PORT. */
export async function bundleWorker(folder: string): Promise<readonly string[]> {
  const entry = join(folder, 'worker-source.mjs')
  await writeFile(entry, source)
  await writeFile(join(folder, 'worker.capnp'), config)
  const outfile = join(folder, 'worker.mjs')
  const mainFields = ['module', 'main']
  const conditions = ['workerd', 'worker', 'browser']
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields,
    conditions,
  })
  return ['sh', '-c', 'exec npx --yes workerd@1 serve worker.capnp --socket-addr=http=127.0.0.1:$PORT']
}
