import type { StoreHealth, StoreReport } from '@sojourn/session-core'
import { type RedisClient, type Send, sendTo } from './client'
import { mayEvict, policiesOfMasters } from './eviction-warning'

/** Says whether sessions may be evicted, and what time it is on the server. */
export function redisHealth(send: Send, client: RedisClient, prefix: string): StoreHealth {
  /** A user without the right to TIME still learns whether the server answers. */
  const ask = () => send(prefix, ['time']).catch(() => sendTo(send, 'get', prefix))
  return {
    async health() {
      const [seconds, microseconds] = ((await ask()) ?? []) as (string | number)[]
      const found = await policiesOfMasters(client, prefix)
      const now = Number(seconds) * 1000 + Number(microseconds) / 1000
      return { ...(Number.isFinite(now) && { now }), ...reportOf(found) }
    },
  }
}

function reportOf(policies: readonly (string | undefined | null)[]): Pick<StoreReport, 'facts' | 'problems'> {
  const policy = policies.find((each) => each)
  if (policy) return { facts: [], problems: [mayEvict(policy)] }
  const says = policies.includes(null) ? 'Redis does not say whether it evicts keys' : 'Redis evicts no keys'
  return { facts: [says], problems: [] }
}
