import { startRedis, withServer } from '@sojourn/session-testing/servers'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { type RedisClient, type RedisOptions, redisStore } from '../../src/index'

/** What the tests of {@link withOwnRedis} use. */
export interface OwnRedis {
  readonly url: string
  /** An ioredis client, connected before the tests. */
  readonly redis: Redis
  /** A store under a prefix of its own, over `redis` unless another client is given. */
  fresh(client?: RedisClient, options?: RedisOptions): { prefix: string; store: ReturnType<typeof redisStore> }
}

/** A group of tests on a Redis of its own, which it may configure and flush. */
export async function withOwnRedis(name: string, body: (own: OwnRedis) => void): Promise<void> {
  withServer({ describe, it, afterAll }, name, await startRedis({ own: true }), ({ url, namespace }) => {
    let redis: Redis
    let prefixes = 0
    beforeAll(() => {
      redis = new Redis(url)
    })
    afterAll(() => redis.quit())
    body({
      url,
      get redis() {
        return redis
      },
      fresh(client = redis, options = {}) {
        const prefix = `${namespace}:${++prefixes}:`
        return { prefix, store: redisStore(client, { prefix, ...options }) }
      },
    })
  })
}

/** The ids under a subject key, in the order of the list. */
export const listIds = async (store: ReturnType<typeof redisStore>, key: string): Promise<string[]> =>
  (await store.listBySubject(key, { limit: 100 })).map(({ id }) => id)
