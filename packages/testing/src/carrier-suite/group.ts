import type { TestRunner } from '../runner'
import type { CarrierFeature } from './carrier-app'
import type { TestServer } from './test-server'

/** Where a topic defines its tests. */
export interface CarrierGroup {
  expect: TestRunner['expect']
  test(sentence: string, body: (server: TestServer) => Promise<void>): void
}

/** What a topic needs: a store, cookie mode, or a feature of the framework. */
type Need = 'store' | 'cookie' | CarrierFeature

/** A group of tests, with what they need. */
export interface Topic {
  title: string
  tests(group: CarrierGroup): void
  needs?: readonly Need[]
}
