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
  logoutRequests = 0
  /** The sizes of the session cookies that responses set. */
  readonly cookieSizes: number[] = []
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
    for (const line of response.headers.getSetCookie()) {
      const [, value] = /^session=([^;]+)/.exec(line) ?? []
      if (value) seen.cookieSizes.push(value.length)
    }
    jar.take(response.headers.getSetCookie())
    add(seen.outcomes, outcome)
    const isAlive = outcome === 'resumed' || outcome === 'stale'
    if (!isAlive) subject = undefined
    if (path.startsWith('/login')) {
      seen.logins++
      subject = `user-${seed}`
    } else if (path === '/logout') {
      seen.logoutRequests++
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
      // In each round one write of each shop fails once.
      for (const { store } of shops) store.next('update', 'throw')
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

  /** How many values a histogram of one application has, and their sum. */
  function sized(metric: string, framework: string): number[] {
    const all = (metrics.get(metric) ?? []).filter(({ attributes }) => attributes['sojourn.audience'] === framework)
    return [all.reduce((total, { count }) => total + count, 0), all.reduce((total, { sum }) => total + sum, 0)]
  }

  it.each(['express', 'koa', 'fastify'])(
    'metrics, counters(), calls of the store and what clients counted agree: %s',
    (framework) => {
      const { sessions, store } = shops.find((shop) => shop.framework === framework)!
      const { outcomes, events } = sessions.counters()
      const {
        cookieSizes,
        logins,
        logouts,
        logoutRequests,
        outcomes: answered,
        revoked,
        updates,
      } = seen.get(framework)!
      expect(present(outcomes)).toEqual(answered)
      expect(counted('sojourn.open.duration', framework, 'sojourn.outcome')).toEqual(answered)
      expect([events.login, counted('sojourn.logins', framework).all]).toEqual([logins, logins])
      // A login of the same subject is no logout, and each client has a subject of its own.
      expect([events.logout, counted('sojourn.logouts', framework).all]).toEqual([logouts, logouts])
      expect(counted('sojourn.revocations', framework).all).toBe(revoked)
      const { 'config-warning': _, ...sinceStart } = events
      expect(counted('sojourn.events', framework, 'sojourn.event.type')).toEqual(present(sinceStart))
      expect(counted('sojourn.operation.duration', framework, 'sojourn.operation.name')).toEqual({
        login: logins,
        update: updates,
        logout: logoutRequests,
        revokeAll: revoked,
      })
      const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
      expect(counted('sojourn.commit.duration', framework).all).toBe(sum(Object.values(answered)))
      const { deleteBySubject: ended, ...calls } = store.calls
      expect(counted('sojourn.store.duration', framework, 'sojourn.store.operation')).toEqual({
        ...calls,
        'delete all': ended,
      })
      // One write of each round failed, and was attempted again.
      expect([events['store-failed'], counted('sojourn.retries', framework).all]).toEqual([ROUNDS, ROUNDS])
      expect(sized('sojourn.cookie.size', framework)).toEqual([cookieSizes.length, sum(cookieSizes)])
    },
  )

  it('have every kind of request among them', () => {
    const kinds = new Set([...seen.values()].flatMap(({ outcomes }) => Object.keys(outcomes)))
    expect(kinds).toEqual(new Set(['none', 'resumed', 'unknown', 'malformed', 'rejected', 'expired:idle']))
  })

  it('have spans that nest: each store call below what made it, and that below its request', () => {
    const trees = new Map<string, number>()
    for (const path of telemetry.paths) trees.set(path, (trees.get(path) ?? 0) + 1)
    for (const path of trees.keys()) {
      expect(path).toMatch(
        /^request( > session (open|commit|login|update|logout)( > session store (create|read|update|touch|delete))?)?$|^session revokeAll( > session store delete all)?$/,
      )
    }
    expect([trees.get('request'), trees.get('request > session open')]).toEqual([REQUESTS, REQUESTS])
    const storeCalls = shops.flatMap(({ store }) => Object.values(store.calls)).reduce((sum, calls) => sum + calls)
    expect(telemetry.spans.filter(({ name }) => name.startsWith('session store'))).toHaveLength(storeCalls)
  })

  it('have spans of one application in each trace', () => {
    const audiences = new Map<string, unknown>()
    for (const span of telemetry.spans) {
      const audience = span.attributes['sojourn.audience']
      if (audience === undefined) continue
      const { traceId } = span.spanContext()
      expect(audiences.get(traceId) ?? audience).toBe(audience)
      audiences.set(traceId, audience)
    }
    expect(audiences.size).toBeGreaterThan(REQUESTS)
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
        const asked = query.replaceAll(/"[^"]*"/g, '').match(/\b(?:sojourn_\w+|error_type|le)\b/g) ?? []
        expect([query, asked.filter((label) => !labels.has(label))]).toEqual([query, []])
      }
      expect([...missing]).toEqual([])
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
