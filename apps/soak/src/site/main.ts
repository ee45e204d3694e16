// One process with three servers, one for each framework, with shared sessions. Needs --expose-gc.
import { createSessionManager, isSessionError, memoryStore } from '@sojourn/session-core'
import { type ServedApp, serveOnLoopback } from '@sojourn/session-testing'
import { answerParent } from '../child'
import { openStore } from '../store'
import { servers } from './frameworks'
import { HealthWatch } from './health'
import { PlannedError, type SiteData } from './pages'
import type { SiteMessage, SiteSettings } from './protocol'

const health = new HealthWatch()
let close = async () => {}

async function open({ secret, store, secondsPerRequest }: SiteSettings): Promise<string[]> {
  let now = Date.now()
  const clock = () => now
  const timeouts = { idle: 0, rolling: 3600, renewAfter: 0.5, staleTtl: 900 }
  const common = { secret, clock, timeouts, storeTimeout: 30 }
  const opened = 'url' in store ? openStore(store) : undefined
  const sessions = createSessionManager<SiteData>({
    ...common,
    ...(store.kind !== 'cookie' && { store: opened?.store ?? memoryStore({ clock }) }),
  })

  const onError = (error: unknown) => {
    // A disconnect does not stop the handler, so its change may happen between later requests of the visitor.
    if (error instanceof PlannedError || isSessionError(error, 'ERR_SESSION_ENDED') || isAbort(error)) return
    health.addProblem(`handler: ${(error as Error).stack}`)
  }
  const apps: ServedApp[] = []
  for (const server of await servers(sessions, onError)) {
    server.keepAliveTimeout = 0
    health.watch(server, () => {
      now += secondsPerRequest * 1000
    })
    apps.push(await serveOnLoopback(server))
  }
  close = async () => {
    await Promise.all(apps.map((app) => app.close()))
    await opened?.close()
  }
  return apps.map(({ url }) => url)
}

/** Codes of the errors that Node raises for a disconnected client, depending on its state. */
const aborts = [
  'ECONNRESET',
  'EPIPE',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_UNABLE_TO_PIPE',
  'HPE_INVALID_EOF_STATE',
]
const isAbort = (error: unknown) => aborts.includes((error as { code: string }).code)

answerParent<SiteMessage>(
  async (message) => (message.kind === 'open' ? open(message.settings) : health.report()),
  () => close(),
)
