import { compatSessions } from './compat'
import { cookieSessions } from './cookie-session'
import { bareExpress } from './express'
import { expressSessions } from './express-session'
import { bareFastify } from './fastify'
import { fastifySecureSessions } from './fastify-secure-session'
import { fastifySessions } from './fastify-session'
import { ironSession } from './iron-session'
import { bareKoa } from './koa'
import { koaSessions } from './koa-session'
import type { Framework, SessionServer, Storage } from './server'
import { sojourn } from './sojourn'

/** Every server of the comparison. */
export const servers: readonly SessionServer[] = [
  ...[bareExpress, bareKoa, bareFastify],
  ...sojourn,
  compatSessions,
  ...[...expressSessions, cookieSessions, ironSession],
  ...koaSessions,
  ...[...fastifySessions, fastifySecureSessions],
]

/** The servers of one framework that keep their sessions in one storage, with the framework alone as the first. */
export interface Cell {
  framework: Framework
  storage: Storage
  bare: SessionServer
  servers: readonly SessionServer[]
}

/** Every pair of a framework and a storage in which there is a peer to compare with. */
export function cells(): Cell[] {
  return servers
    .filter(({ storages }) => storages.length === 0)
    .flatMap((bare) =>
      (['memory', 'cookie', 'Redis', 'Postgres'] as const).map((storage) => {
        const { framework } = bare
        const competing = servers.filter(
          (server) => server.framework === framework && server.storages.includes(storage),
        )
        return { framework, storage, bare, servers: competing }
      }),
    )
    .filter(({ servers }) => servers.length > 1)
}
