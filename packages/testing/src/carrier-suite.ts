import { memoryStore } from '@sojourn/session-core'
import type { CarrierFeature, CarrierStorage, CarrierSuiteOptions } from './carrier-suite/carrier-app'
import type { Topic } from './carrier-suite/group'
import { TestServer } from './carrier-suite/test-server'
import { topics } from './carrier-suite/topics'
import type { Transcript } from './carrier-suite/transcript'
import type { TestRunner } from './runner'

const MEMORY: CarrierStorage = { name: 'memory', open: async () => ({ store: memoryStore(), close: async () => {} }) }
const COOKIE: CarrierStorage = { name: 'cookie' }

/** What {@link carrierSuite} leaves behind. */
export interface CarrierSuiteResult {
  /** What the adapter answered; filled in as the tests run, a test that fails has no part in it. */
  readonly transcript: Transcript
}

/**
 * The behaviour of an HTTP adapter as tests, over real servers and sockets: what passes keeps the promises of a session at
 * the point where they meet a framework. Runs with any runner that has `describe`, `it` and `expect`, on Node.
 *
 * @example
 * carrierSuite({ describe, it, expect }, { name: 'express 5', serve: (app) => serveOnLoopback(createServer(express5(app))) })
 */
export function carrierSuite(runner: TestRunner, options: CarrierSuiteOptions): CarrierSuiteResult {
  const { name, storages = [MEMORY, COOKIE] } = options
  const transcript: Transcript = {}
  runner.describe(`${name}: carrier suite`, () => {
    for (const store of storages) {
      runner.describe(`over ${store.name}`, () => {
        for (const topic of topics) runTopic(runner, options, store, topic, transcript)
      })
    }
  })
  return { transcript }
}

function runTopic(
  { describe, expect, it }: TestRunner,
  { serve, lacks = {} }: CarrierSuiteOptions,
  store: CarrierStorage,
  { title, tests, needs = [] }: Topic,
  transcript: Transcript,
): void {
  // Not a lack of the adapter's: such a topic says nothing about this store.
  if (needs.includes(store.open ? 'cookie' : 'store')) return
  describe(title, () => {
    const lacking = needs.find((need): need is CarrierFeature => need in lacks)
    if (lacking) return void it.skip(`lacks ${lacking}: ${lacks[lacking]}`, async () => {})
    tests({
      expect,
      test: (sentence, body) =>
        it(sentence, async () => {
          const server = new TestServer(serve, await store.open?.(), store.start)
          try {
            await body(server)
            transcript[`${store.name}: ${title}: ${sentence}`] = server.recorder.lines
          } finally {
            await server.close()
          }
        }),
    })
  })
}
