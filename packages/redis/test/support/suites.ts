import { revocationSuite, storeSuite } from '@sojourn/session-testing'
import type { Redis } from 'ioredis'
import { describe, expect, it } from 'vitest'
import { type RedisClient, redisRevocations, redisStore } from '../../src/index'
import type { Opened } from './drivers'

let prefixes = 0

/** Runs both published suites over one client. Each test has a prefix of its own in the server's namespace. */
export function suites(name: string, namespace: string, opened: () => Opened): void {
  const fresh = () => `${namespace}:${++prefixes}:`
  storeSuite(
    { describe, it, expect },
    {
      name,
      lacks: { ExpiredCleanup: 'Redis removes expired rows by itself' },
      async open() {
        const { client } = opened()
        const prefix = fresh()
        const store = redisStore(client, { prefix })
        return { store, corrupt: (id) => overwrite(client, `${prefix}session:${id}`), close: async () => {} }
      },
    },
  )
  revocationSuite(
    { describe, it, expect },
    {
      name,
      open: async () => ({ store: redisRevocations(opened().client, { prefix: fresh() }), close: async () => {} }),
    },
  )
}

/** Removes the keys of the suites: the server may belong to the developer. */
export async function sweep(nodes: Redis[], namespace: string): Promise<void> {
  for (const node of nodes) {
    for await (const keys of node.scanStream({ match: `${namespace}:*`, count: 1000 })) {
      await Promise.all((keys as string[]).map((key) => node.del(key)))
    }
  }
}

/** Writes a value that is no row. */
async function overwrite(client: RedisClient, key: string): Promise<void> {
  await (client as unknown as { set(key: string, value: string): Promise<unknown> }).set(key, 'not a row')
}
