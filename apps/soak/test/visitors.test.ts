import { afterAll, describe, expect, it } from 'vitest'
import { Child } from '../src/child'
import type { Health, SiteMessage, SiteReplies, SiteSettings } from '../src/site/protocol'
import { Crowd } from '../src/visitors/crowd'
import { onServers } from './on-servers'

const isSoak = (import.meta as { env?: { MODE?: string } }).env?.MODE === 'soak'
const [VISITORS, REQUESTS] = isSoak ? [1000, 100_000] : [100, 2000]
/**
 * How often one visitor comes, in seconds of the site's clock: tokens are renewed several times, and even who hangs up
 * or meets a failing page a few times in a row comes soon enough to keep the session.
 */
const SECONDS_BETWEEN = 150
/** The site is looked at so many times on the way. */
const LEGS = 10

/** Bytes for each request: less than the smallest object that a request could leave behind, more than collections differ by. */
const LEAK = 24

/** What the cache of unsealed texts holds more or less of from one leg to another, in bytes: one of its two generations. */
const CACHE = 4_000_000

const total = (resources: Health['resources']) => Object.values(resources).reduce((sum, count) => sum + count, 0)
const meanHeap = (reports: Health[]) => reports.reduce((sum, { heap }) => sum + heap, 0) / reports.length

function staysInOrder(store: SiteSettings['store']): void {
  const site = new Child<SiteMessage, SiteReplies>('site.js', { execArgv: ['--expose-gc'] })
  afterAll(() => site.end())

  it(`${VISITORS} visitors, ${REQUESTS} requests: nobody meets another's session, and nothing is left behind`, async () => {
    const settings = {
      secret: 'a secret that all frameworks share',
      store,
      secondsPerRequest: SECONDS_BETWEEN / VISITORS,
    }
    const urls = await site.ask({ kind: 'open', settings })
    const crowd = new Crowd(VISITORS, { urls, parallelChanges: store.kind !== 'cookie' })
    const reports: Health[] = []
    for (let leg = 0; leg < LEGS; leg++) {
      await crowd.visit(REQUESTS / LEGS)
      reports.push(await site.ask({ kind: 'health' }))
    }
    const { breaches, tokens, ...counts } = crowd.findings
    const [early, last] = [reports[1]!, reports.at(-1)!]
    expect(breaches).toEqual([])
    expect(last.complaints).toEqual([])
    expect(last.listenersOnSocket).toBe(early.listenersOnSocket)
    expect(last.listenersOnProcess).toBe(early.listenersOnProcess)
    expect(total(last.resources)).toBeLessThan(total(early.resources) + 20)
    for (const [what, count] of Object.entries(counts)) expect(count, what).toBeGreaterThan(VISITORS / 5)
    // Drivers and compiled code fill the heap for a while: the last legs are held against those just before them.
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
