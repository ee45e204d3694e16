import { createDemo, type Demo } from './demo'
import { readKongConf } from './kong-conf'
import { readSettings, SettingError, type Settings } from './settings'
import { isOpen, type Storage } from './storages'

async function start(): Promise<void> {
  console.log('Sojourn demo: starting Redis and Postgres …')
  const settings = readSettings(process.env)
  const demo = await createDemo({ settings, page: new URL('page/', import.meta.url) })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // Only once, so that a second signal ends the process at once.
    process.once(signal, () => void demo.close().finally(() => process.exit()))
  }
  console.log(greeting(demo, settings))
}

/** The text printed at start. The address comes last, where it is easy to find. */
function greeting({ storages, endpoints }: Demo, settings: Settings): string {
  const known = storages.map((storage) => {
    const what = isOpen(storage) ? storage.note : `not available: ${storage.problem}`
    return `  ${storage.name.padEnd(9)} ${what}`
  })
  const [express, ...others] = endpoints.map(({ name, port }) => `${name}: http://localhost:${port}`)
  return [
    '',
    ...known,
    '',
    ...notes(storages, settings),
    `The same in ${others.join(', in ')}`,
    `Ready, in ${express}`,
  ].join('\n')
}

function* notes(storages: readonly Storage[], { secretIsRandom, secureCookies, kongConf }: Settings) {
  // The clocks are the same in all of them.
  for (const warning of storages.find(isOpen)?.sessions.describe().warnings ?? []) yield `Warning: ${warning}`
  if (secretIsRandom) yield 'SESSION_SECRET is not set: a random one is used, so a restart ends every session.'
  if (!secureCookies)
    yield 'COOKIE_SECURE is false: cookies are sent over any connection. Never use this in production.'
  if (kongConf !== undefined) {
    yield "Kong Manager's login is at /auth: GET with Basic credentials, DELETE /auth?session_logout=true"
    for (const warning of readKongConf(kongConf).warnings) yield `Warning: ${warning}`
  }
}

start().catch((error) => {
  console.error(error instanceof SettingError ? `The demo cannot start: ${error.message}.` : error)
  process.exit(1)
})
