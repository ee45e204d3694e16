import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { SessionManager, SessionStore, StoredRevocation, SubjectSessions } from '@sojourn/session-core'
import type { Request } from './arguments'
import { CliError, type Terminal, wrongUse } from './terminal'

/** A manager with every method in its type: one that it does not have rejects, and says why. */
export type Sessions = SessionManager & StoredRevocation & SubjectSessions

/** How long the application's module may take to load, and a store to accept a connection. In milliseconds. */
const LIMIT = 10_000

/** Waits for work no longer than the limit. @throws CliError with the message `late` if it is not done by then. */
const inTime = <T>(terminal: Terminal, work: Promise<T>, late: string): Promise<T> =>
  Promise.race([
    work,
    terminal.after(LIMIT).then(() => {
      throw new CliError(late)
    }),
  ])

/** The manager to ask, from a module of the user or from the URL of a store. @throws CliError saying what is missing. */
export async function findSessions({ options }: Request, terminal: Terminal): Promise<Sessions> {
  const url = options.store ?? terminal.env.SESSION_STORE_URL
  if (options.config !== undefined) return fromModule(resolve(terminal.cwd, options.config), terminal)
  if (url) return fromUrl(url, options, terminal)
  throw wrongUse('Which sessions? Pass --config with a module that exports the manager, or --store with a URL')
}

async function fromModule(path: string, terminal: Terminal): Promise<Sessions> {
  const late =
    `The configuration ${path} has not loaded after ${LIMIT / 1000} s: it waits at its top level, often for a server that is down. ` +
    'Check that this server runs, and that this machine reaches it'
  const module = await inTime(terminal, importModule(path), late)
  const { default: main } = module
  const exported = [module.sessions, main, ...Object.values(module), ...Object.values(Object(main))]
  const found = exported.find(isManager)
  if (found) return found
  throw new CliError(`${path} exports no manager: export const sessions = createSessionManager(…)`)
}

async function importModule(path: string): Promise<Record<string, unknown>> {
  try {
    return await import(pathToFileURL(path).href)
  } catch (error) {
    const hint = /\.[cm]?tsx?$/.test(path) ? ' (TypeScript: compile it, or run node --import tsx)' : ''
    throw new CliError(`The configuration ${path} does not load${hint}: ${messageOf(error)}`)
  }
}

const isManager = (value: unknown): value is Sessions =>
  typeof value === 'object' && value !== null && 'explain' in value && 'describe' in value && 'check' in value

async function fromUrl(url: string, options: Request['options'], terminal: Terminal): Promise<Sessions> {
  if (options.store !== undefined && URL.canParse(url) && new URL(url).password !== '') {
    throw wrongUse('A URL with a password does not belong on the command line: set SESSION_STORE_URL')
  }
  const secret = await secretOf(options['secret-file'], terminal)
  const load = loaderOf(terminal.cwd)
  const store = await storeOf(url, options, load, terminal)
  const { createSessionManager } = await load<typeof import('@sojourn/session-core')>('@sojourn/session-core')
  const { audience, 'cookie-name': name } = options
  const cookie = name === undefined ? undefined : { name, secure: /^__/.test(name) }
  return createSessionManager({ secret, store, ...(cookie && { cookie }), ...(audience && { audience }) }) as Sessions
}

/** Loads packages of the user's project: the drivers that it has, and none of ours. */
function loaderOf(cwd: string) {
  const { resolve: find } = createRequire(`${cwd}/package.json`)
  return async <T>(name: string): Promise<T> => {
    let path: string
    try {
      path = find(name)
    } catch {
      throw new CliError(`The package ${name} is not installed here: npm install ${name}, or pass --config`)
    }
    return import(pathToFileURL(path).href)
  }
}

async function storeOf(
  url: string,
  { prefix, schema, table }: Request['options'],
  load: ReturnType<typeof loaderOf>,
  terminal: Terminal,
): Promise<SessionStore> {
  if (/^rediss?:/.test(url)) {
    const { redisStore } = await load<typeof import('@sojourn/session-redis')>('@sojourn/session-redis')
    const { createClient } = await load<typeof import('redis')>('redis')
    const client = createClient({
      url,
      disableOfflineQueue: true,
      socket: { connectTimeout: 3000, reconnectStrategy: false },
    })
    client.on('error', () => {})
    await inTime(terminal, client.connect(), `no answer within ${LIMIT / 1000} s`).catch((error) => {
      throw unreachable(error)
    })
    return redisStore(client, { ...(prefix !== undefined && { prefix }), onWarning: () => {} })
  }
  if (/^postgres(ql)?:/.test(url)) {
    const { postgresStore } = await load<typeof import('@sojourn/session-postgres')>('@sojourn/session-postgres')
    const { default: pg } = await load<{ default: typeof import('pg') }>('pg')
    const pool = new pg.Pool({ connectionString: url, connectionTimeoutMillis: 3000, query_timeout: 5000, max: 2 })
    pool.on('error', () => {})
    return postgresStore(pool, { ...(schema !== undefined && { schema }), ...(table !== undefined && { table }) })
  }
  throw wrongUse('A store is redis://…, rediss://… or postgres://…; for others, pass --config')
}

async function secretOf(file: string | undefined, { env, cwd }: Terminal): Promise<string | string[]> {
  if (file === undefined) {
    if (env.SESSION_SECRET) return env.SESSION_SECRET
    throw wrongUse('The secret is missing: set SESSION_SECRET, or pass --secret-file')
  }
  const text = await readSecretly('secret', resolve(cwd, file))
  return text.split(/\r?\n/).filter((line) => line !== '')
}

/** Reads a file. The error does not name it: what stands in its place on the command line may be the secret itself. */
export const readSecretly = (what: string, path: string): Promise<string> =>
  readFile(path, 'utf8').catch((error) => {
    throw new CliError(`The ${what} file cannot be read: ${error.code ?? 'unknown error'}`)
  })

export const unreachable = (cause: unknown): CliError =>
  new CliError(`The store does not answer (${messageOf(cause)}): check that it runs, and that this machine reaches it`)

/** Node's error for a host that refuses on each of its addresses has a code and no message. */
export const messageOf = (error: unknown): string => {
  const { message, code } = Object(error) as { message?: string; code?: string }
  return (message || code || String(error)).replace(/\s+/g, ' ')
}
