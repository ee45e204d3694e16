import { fakeClock } from '@sojourn/session-testing'
import { createDemo, type DemoOptions } from '../src/demo'
import { readSettings } from '../src/settings'

const unreachable = { REDIS_URL: 'redis://127.0.0.1:1', POSTGRES_URL: 'postgres://127.0.0.1:1/none' }

/** A demo in this process, with a fake clock unless another is given, without Redis and Postgres. */
export async function startedDemo(
  env: Record<string, string> = {},
  options: Pick<DemoOptions, 'startTimeout' | 'page' | 'clock' | 'random'> = {},
) {
  const clock = fakeClock()
  const demo = await createDemo({ settings: readSettings({ PORT: '0', ...unreachable, ...env }), clock, ...options })
  return { clock, demo, urls: demo.endpoints.map(({ port }) => `http://localhost:${port}`) }
}
