import type { TestRunner } from '../runner'
import type { Unavailable } from './unavailable'

/** The test runner for {@link withServer}: `{ describe, it, afterAll }` of Vitest or Jest. */
export interface ServerTestRunner extends Pick<TestRunner, 'describe'> {
  /** Defines a test that is skipped. */
  it: Pick<TestRunner['it'], 'skip'>
  /** Runs after the group. */
  afterAll(body: () => Promise<void>): unknown
}

/**
 * Defines a group of tests on a server, which is closed after them. If the server is unavailable, the
 * group has one skipped test whose name gives the reason, so that the report shows it.
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
