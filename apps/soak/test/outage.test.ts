import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type OwnServer, startPostgres, startRedis, withServer } from '@sojourn/session-testing/servers'
import { afterAll, describe, expect, it } from 'vitest'
import { load, postgresSettings, redisSettings, untilAnswered, Visitor } from '../src/outage'

const isSoak = (import.meta as { env?: { MODE?: string } }).env?.MODE === 'soak'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const heap = () => {
  collect()
  return process.memoryUsage().heapUsed / 1e6
}

const faults = {
  frozen: { begin: (server: OwnServer) => server.pause(), end: (server: OwnServer) => server.resume() },
  killed: { begin: (server: OwnServer) => server.kill(), end: (server: OwnServer) => server.restart() },
}

function outages(server: OwnServer, settings: typeof redisSettings) {
  // One setting alone is for the campaign.
  const shortly = Object.keys(settings).filter((name) => !name.includes('_') && !name.includes('Millis'))
  let runs = 0
  const visit = (name: string, options?: object) =>
    Visitor.on(settings[name]!, server.url, `${server.namespace}_${runs++}`, options)

  describe.each(Object.keys(faults) as (keyof typeof faults)[])('%s', (fault) => {
    const { begin, end } = faults[fault]

    it.each(shortly)('%s: is asked by few requests, and by all of them afterwards', async (name) => {
      const visitor = await visit(name, { storeTimeout: 0.2 })
      await begin(server)
      const results: string[] = []
      // One after another, so that each result is known before the next request.
      while (results.at(-1) !== 'refused') results.push((await visitor.request()).result)
      expect(results).toEqual([...Array(results.length - 1).fill('failed'), 'refused'])
      const before = visitor.sent
      const herd = await Promise.all(Array.from({ length: 1000 }, () => visitor.request()))
      // A second may have passed, and then another one.
      expect(visitor.sent - before).toBeLessThanOrEqual(3)
      expect(herd.filter(({ result }) => result === 'ok')).toEqual([])
      await end(server)
      await untilAnswered(visitor)
      const after = await Promise.all(Array.from({ length: 100 }, () => visitor.request()))
      expect(after.map(({ result }) => result)).toEqual(Array(100).fill('ok'))
      await visitor.close()
    })

    if (!isSoak) return
    describe.each([false, true])('circuitBreaker %s', (circuitBreaker) => {
      it.each(Object.keys(settings))(
        '%s: ten seconds under 200 requests a second',
        { timeout: 60_000 },
        async (name) => {
          const visitor = await visit(name, { circuitBreaker })
          const before = heap()
          await begin(server)
          const sent = visitor.sent
          const outage = load(visitor, 200, new Promise((over) => setTimeout(over, 10_000)))
          await new Promise((over) => setTimeout(over, 10_000))
          const [asked, pending, grown] = [visitor.sent - sent, visitor.mostPending, heap() - before]
          await end(server)
          const recovery = await untilAnswered(visitor)
          const waits = (await outage).map(({ ms }) => ms).sort((a, b) => a - b)
          const at = (share: number) => Math.round(waits[Math.floor((waits.length - 1) * share)]!)
          console.log(
            `${fault} | ${name} | breaker ${circuitBreaker ? 'on' : 'off'} | waited p50 ${at(0.5)} p90 ${at(0.9)} max ${at(1)} ms, ` +
              `sum ${Math.round(waits.reduce((sum, ms) => sum + ms) / 1000)} s | asked ${asked} of ${waits.length}, pending at most ${pending} | ` +
              `+${grown.toFixed(1)} MB | back after ${Math.round(recovery)} ms`,
          )
          if (circuitBreaker) expect(asked).toBeLessThan(waits.length / 2)
          await visitor.close()
        },
      )
    })
  })
}

const runner = { describe, it, afterAll }
withServer(runner, 'an outage of Redis', await startRedis({ own: true, durable: true }), (server) => {
  outages(server, redisSettings)
})
withServer(runner, 'an outage of Postgres', await startPostgres({ own: true, durable: true }), (server) => {
  outages(server, postgresSettings)
})
