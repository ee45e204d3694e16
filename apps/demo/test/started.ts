import { rm } from 'node:fs/promises'
import { fakeClock } from '@sojourn/session-testing'
import { createDemo, type DemoOptions } from '../src/demo'
import { readSettings } from '../src/settings'
import { pgliteFolder } from './pglite-folder'

const unreachable = { REDIS_URL: 'redis://127.0.0.1:1', POSTGRES_URL: 'postgres://127.0.0.1:1/none' }

/** A demo in this process, with a fake clock unless another is given. Without an empty REDIS_URL or POSTGRES_URL, it has none. */
export async function startedDemo(
  env: Record<string, string> = {},
  options: Pick<DemoOptions, 'startTimeout' | 'page' | 'clock' | 'random'> = {},
) {
  const clock = fakeClock()
  const folder = env.POSTGRES_URL === '' ? await pgliteFolder() : ''
  const settings = readSettings({ PORT: '0', ...unreachable, PGLITE_DIR: folder, ...env })
  const demo = await createDemo({ settings, clock, ...options })
  const close = async () => {
    await demo.close()
    if (folder) await rm(folder, { recursive: true })
  }
  return { clock, demo: { ...demo, close }, urls: demo.endpoints.map(({ port }) => `http://localhost:${port}`) }
}
