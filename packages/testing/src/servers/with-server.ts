import type { TestRunner } from '../runner'
import type { Unavailable } from './server'

/** What {@link withServer} needs of a test runner: Vitest's and Jest's `{ describe, it, afterAll }` fit as they are. */
export interface ServerTestRunner extends Pick<TestRunner, 'describe'> {
  it: Pick<TestRunner['it'], 'skip'>
  afterAll(body: () => Promise<void>): unknown
}

/**
 * A group of tests on a server: `body` defines them, and the server is closed after them. Where there is none, the
 * group holds one skipped test whose name says why, so that the report never passes over it in silence.
 *
 * @example
 * withServer({ describe, it, afterAll }, 'redisStore', await startRedis(), (redis) => {
 *   it('answers', async () => { … redis.url … })
 * })
 */
export function withServer<S extends { available: true; close(): Promise<void> }>(
  { describe, it, afterAll }: ServerTestRunner,
  name: string,
  server: S | Unavailable,
  body: (server: S) => void,
): void {
  describe(name, () => {
    if (!server.available) return void it.skip(server.reason, async () => {})
    afterAll(() => server.close())
    body(server)
  })
}
