import { memoryStore } from '@sojourn/session-core'
import { checkKnown } from '#check'
import type { CarrierFeature, CarrierStorage, CarrierSuiteOptions } from './carrier-suite/carrier-app'
import type { Topic } from './carrier-suite/group'
import { TestServer } from './carrier-suite/test-server'
import { topics } from './carrier-suite/topics'
import type { Transcript } from './carrier-suite/transcript'
import type { TestRunner } from './runner'

const MEMORY: CarrierStorage = { name: 'memory', open: async () => ({ store: memoryStore(), close: async () => {} }) }
const COOKIE: CarrierStorage = { name: 'cookie' }

/** Result of {@link carrierSuite}. */
export interface CarrierSuiteResult {
  /** The adapter's responses, filled in while the tests run. Failed tests are not in it. */
  readonly transcript: Transcript
}

/**
 * Tests of an HTTP adapter over real servers and sockets. An adapter that passes connects sessions to its framework
 * correctly. Runs on Node with any runner that has `describe`, `it` and `expect`.
 *
 * @example
 * carrierSuite({ describe, it, expect }, { name: 'express 5', serve: (app) => serveOnLoopback(createServer(express5(app))) })
 */
export function carrierSuite(runner: TestRunner, options: CarrierSuiteOptions): CarrierSuiteResult {
  checkKnown('carrierSuite.', options, ['name', 'serve', 'lacks', 'storages'])
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
  // Not a missing feature of the adapter: the topic does not apply to this store.
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
