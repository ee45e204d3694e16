import { readFile } from 'node:fs/promises'
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { CookieJar } from '@sojourn/session-testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { METRICS } from '../src/names'
import { openShops, type Shop } from './support/shops'
import { type Series, Telemetry } from './support/telemetry'

const REQUESTS = 1000
/** Clients that send requests in parallel. */
const CLIENTS = 10
const ROUNDS = 10

type Counts = Record<string, number>
const add = (counts: Counts, name: string) => {
  counts[name] = (counts[name] ?? 0) + 1
}
const present = (counts: Readonly<Counts>) =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))

/** What the clients of one shop have seen. */
class Seen {
  readonly outcomes: Counts = {}
  logins = 0
  logouts = 0
  revoked = 0
  updates = 0
}

/** The same choices in every run (Park and Miller's generator). */
function chooser(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state * 48_271) % 2_147_483_647
    return state % below
  }
}

/** A client of a shop. Each call sends so many requests, one after another; each answer is the outcome that the server saw. */
function client({ sessions, url }: Shop, seed: number, seen: Seen): (requests: number) => Promise<void> {
  const choose = chooser(seed)
  let jar = new CookieJar()
  let subject: string | undefined
  return async (requests) => {
    for (let i = 0; i < requests; i++) await request()
  }

  async function request(): Promise<void> {
    const cookie = jar.get('session')
    const choice = choose(20)
    let path = '/me'
    if (choice < 4) path = `/login/user-${seed}`
    else if (choice < 8) path = '/buy/tea'
    else if (choice < 10) path = '/count'
    else if (choice === 10) path = '/logout'
    else if (choice === 11 && cookie) jar.set('session', `${cookie.slice(0, -4)}AAAA`)
    else if (choice === 12) jar.set('session', 'no token of ours')
    else if (choice === 13) jar = new CookieJar()
    else if (choice === 14 && subject) {
      await sessions.revokeAll(subject)
      seen.revoked++
    }
    const response = await fetch(url + path, { method: 'POST', headers: jar.header ? { cookie: jar.header } : {} })
    const outcome = await response.text()
    expect([response.status, path, outcome]).toEqual([200, path, outcome])
    jar.take(response.headers.getSetCookie())
    add(seen.outcomes, outcome)
    const isAlive = outcome === 'resumed' || outcome === 'stale'
    if (!isAlive) subject = undefined
    if (path.startsWith('/login')) {
      seen.logins++
      subject = `user-${seed}`
    } else if (path === '/logout') {
      if (subject !== undefined) seen.logouts++
      subject = undefined
    } else if (path === '/count') seen.updates++
  }
}

describe(`${REQUESTS} mixed requests over three frameworks`, () => {
  const telemetry = new Telemetry()
  const seen = new Map<string, Seen>()
  let shops: Shop[]
  let metrics: Map<string, Series[]>

  beforeAll(async () => {
    shops = await openShops()
    for (const { framework } of shops) seen.set(framework, new Seen())
    const clients = Array.from({ length: CLIENTS }, (_, i) => {
      const shop = shops[i % shops.length]!
      return client(shop, i + 1, seen.get(shop.framework)!)
    })
    for (let round = 0; round < ROUNDS; round++) {
      await Promise.all(clients.map((browse) => browse(REQUESTS / CLIENTS / ROUNDS)))
      // Between rounds, when no request is under way: every third time, all sessions expire.
      for (const { advance } of shops) advance(round % 3 === 2 ? 1000 : 100)
    }
    for (const shop of shops) await shop.close()
    metrics = await telemetry.metrics()
  })
  afterAll(() => telemetry.close())

  /** The numbers of one metric for one application, by the values of an attribute. */
  function counted(metric: string, framework: string, attribute?: string): Counts {
    const counts: Counts = {}
    for (const { attributes, count } of metrics.get(metric) ?? []) {
      if (attributes['sojourn.audience'] !== framework) continue
      const name = attribute ? String(attributes[attribute]) : 'all'
      counts[name] = (counts[name] ?? 0) + count
    }
    return counts
  }

  it.each(['express', 'koa', 'fastify'])('metrics, counters() and what clients counted agree: %s', (framework) => {
    const { sessions } = shops.find((shop) => shop.framework === framework)!
    const { outcomes, events } = sessions.counters()
    const { logins, logouts, outcomes: answered, revoked, updates } = seen.get(framework)!
    expect(present(outcomes)).toEqual(answered)
    expect(counted('sojourn.open.duration', framework, 'sojourn.outcome')).toEqual(answered)
    expect([events.login, counted('sojourn.logins', framework).all]).toEqual([logins, logins])
    // A login of the same subject is no logout, and each client has a subject of its own.
    expect([events.logout, counted('sojourn.logouts', framework).all]).toEqual([logouts, logouts])
    expect(counted('sojourn.revocations', framework).all).toBe(revoked)
    const { 'config-warning': _, ...sinceStart } = events
    expect(counted('sojourn.events', framework, 'sojourn.event.type')).toEqual(present(sinceStart))
    expect(counted('sojourn.operation.duration', framework, 'sojourn.operation.name')).toMatchObject({
      login: logins,
      update: updates,
      revokeAll: revoked,
    })
    const requests = Object.values(answered).reduce((sum, count) => sum + count, 0)
    expect(Object.values(counted('sojourn.commit.duration', framework)).reduce((sum, count) => sum + count, 0)).toBe(
      requests,
    )
  })

  it('have every kind of request among them', () => {
    const kinds = new Set([...seen.values()].flatMap(({ outcomes }) => Object.keys(outcomes)))
    expect(kinds).toEqual(new Set(['none', 'resumed', 'unknown', 'malformed', 'rejected', 'expired:idle']))
  })

  it('have spans whose parents are spans of the same application', () => {
    const spans = new Map(telemetry.spans.map((span) => [span.spanContext().spanId, span]))
    const stores = telemetry.spans.filter(({ name }) => name.startsWith('session store'))
    expect(stores.length).toBeGreaterThan(REQUESTS / 2)
    // What background work calls the store for may come after its operation.
    const orphans = stores.filter(({ parentSpanContext }) => !spans.has(parentSpanContext?.spanId ?? ''))
    expect(new Set(orphans.map(({ name }) => name)).size).toBeLessThanOrEqual(1)
    for (const { attributes, parentSpanContext } of stores) {
      const parent = spans.get(parentSpanContext?.spanId ?? '')
      if (parent) expect(parent.attributes['sojourn.audience']).toBe(attributes['sojourn.audience'])
    }
  })

  it('have no session id in a metric', () => {
    for (const series of metrics.values()) {
      for (const { attributes } of series) expect(Object.keys(attributes)).not.toContain('sojourn.session.id')
    }
  })

  describe('the dashboard', async () => {
    const dashboard = JSON.parse(await readFile(new URL('../grafana-dashboard.json', import.meta.url), 'utf8'))
    const queries: string[] = [
      ...dashboard.panels.flatMap(({ targets }: { targets: { expr: string }[] }) => targets.map(({ expr }) => expr)),
      ...dashboard.templating.list.map(({ query }: { query: string }) => query),
    ].filter((query) => query !== 'prometheus')

    /** The labels of all series of a metric. */
    function labelsOf(metric: RegExp, text: string): Set<string> | undefined {
      const series = text.split('\n').filter((line) => metric.test(line.split('{')[0]!))
      if (series.length === 0) return undefined
      return new Set(series.flatMap((line) => [...line.matchAll(/(\w+)="/g)].map(([, label]) => label!)))
    }

    it.each([
      ['without', (text: string) => text],
      [
        'with',
        (text: string) =>
          text.replace(/^(sojourn_\w+_duration)/gm, '$1_seconds').replace(/^(sojourn_cookie_size)/gm, '$1_bytes'),
      ],
    ])('asks for metrics and labels that exist, from an exporter of Prometheus %s units in names', async (_, named) => {
      const text = named(new PrometheusSerializer().serialize((await telemetry.collect())!))
      const missing = new Set<string>()
      for (const query of queries) {
        const labels = new Set(['error_type'])
        for (const [, metric] of query.matchAll(/__name__=~"([^"]+)"/g)) {
          const found = labelsOf(new RegExp(`^${metric}$`), text)
          if (found) for (const label of found) labels.add(label)
          else missing.add(metric!)
        }
        expect(query).toMatch(/__name__=~/)
        if (missing.has('sojourn_retries_total') && query.includes('sojourn_retries_total')) continue
        const asked = query.replaceAll(/"[^"]*"/g, '').match(/\b(?:sojourn_\w+|error_type|le)\b/g) ?? []
        expect([query, asked.filter((label) => !labels.has(label))]).toEqual([query, []])
      }
      // No write competed in this run. The name is in METRICS.
      expect([...missing]).toEqual(['sojourn_retries_total'])
      expect(METRICS.retries[0]).toBe('sojourn.retries')
    })
  })
})

describe('the README', () => {
  it('has a row for every metric, with its unit, and for no other', async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
    const rows = [...readme.matchAll(/^\| `(sojourn\.[\w.]+)` \| (?:histogram|counter), `([^`]+)` \|/gm)]
    expect(rows.map(([, name, unit]) => [name, unit])).toEqual(
      Object.values(METRICS).map(([name, unit]) => [name, unit]),
    )
  })
})
