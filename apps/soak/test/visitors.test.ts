import { afterAll, describe, expect, it } from 'vitest'
import { Child } from '../src/child'
import type { Health, SiteMessage, SiteReplies, SiteSettings } from '../src/site/protocol'
import { VisitorGroup } from '../src/visitors/visitor-group'
import { onServers } from './on-servers'

const isSoak = (import.meta as { env?: { MODE?: string } }).env?.MODE === 'soak'
const [VISITORS, REQUESTS] = isSoak ? [1000, 100_000] : [100, 2000]
/**
 * Seconds of the site's clock between two requests of one visitor: tokens are renewed several times, and a visitor who disconnects
 * or gets a failing page a few times in a row returns soon enough to keep the session.
 */
const SECONDS_BETWEEN = 150
/** Number of health checks during the run. */
const STEPS = 10

/** Allowed heap growth per request, in bytes: below the smallest leaked object, above the noise of garbage collection. */
const LEAK = 24

/** Variation of the cache of unsealed texts between two steps, in bytes: one of its two generations. */
const CACHE = 4_000_000

const total = (resources: Health['resources']) => Object.values(resources).reduce((sum, count) => sum + count, 0)
const meanHeap = (reports: Health[]) => reports.reduce((sum, { heap }) => sum + heap, 0) / reports.length

function staysInOrder(store: SiteSettings['store']): void {
  const site = new Child<SiteMessage, SiteReplies>('site.js', { execArgv: ['--expose-gc'] })
  afterAll(() => site.end())

  it(`${VISITORS} visitors, ${REQUESTS} requests: no visitor gets another session, and no memory leaks`, async () => {
    const settings = {
      secret: 'a secret that all frameworks share',
      store,
      secondsPerRequest: SECONDS_BETWEEN / VISITORS,
    }
    const urls = await site.ask({ kind: 'open', settings })
    const visitors = new VisitorGroup(VISITORS, { urls, parallelChanges: store.kind !== 'cookie' })
    const reports: Health[] = []
    for (let step = 0; step < STEPS; step++) {
      await visitors.visit(REQUESTS / STEPS)
      reports.push(await site.ask({ kind: 'health' }))
    }
    const { violations, tokens, ...counts } = visitors.findings
    const [early, last] = [reports[1]!, reports.at(-1)!]
    expect(violations).toEqual([])
    expect(last.problems).toEqual([])
    expect(last.listenersOnSocket).toBe(early.listenersOnSocket)
    expect(last.listenersOnProcess).toBe(early.listenersOnProcess)
    expect(total(last.resources)).toBeLessThan(total(early.resources) + 20)
    for (const [what, count] of Object.entries(counts)) expect(count, what).toBeGreaterThan(VISITORS / 5)
    // Drivers and compiled code fill the heap at first, so compare the last steps with those just before them.
    const growth = (meanHeap(reports.slice(-3)) - meanHeap(reports.slice(-6, -3))) / (REQUESTS * 0.3)
    const cached = store.kind === 'memory' ? 0 : CACHE / (REQUESTS * 0.3)
    if (isSoak) expect(growth).toBeLessThan(LEAK + cached)
    console.log(
      store.kind,
      counts,
      `heap ${(last.heap / 1e6).toFixed(1)} MB, ${growth.toFixed(1)} bytes more a request`,
    )
  }, 1_200_000)
}

describe('three frameworks over memory', () => staysInOrder({ kind: 'memory' }))
describe('three frameworks over the sealed cookie', () => staysInOrder({ kind: 'cookie' }))
await onServers('three frameworks', staysInOrder)
