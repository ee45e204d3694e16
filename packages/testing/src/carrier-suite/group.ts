import type { TestRunner } from '../runner'
import type { Bench } from './bench'
import type { CarrierFeature } from './harness'

/** One topic of the suite: where its tests are put. */
export interface CarrierGroup {
  expect: TestRunner['expect']
  test(sentence: string, body: (bench: Bench) => Promise<void>): void
}

/** What a topic cannot do without: a store behind the sessions, the sealed cookie instead of one, or a feature. */
export type Need = 'store' | 'cookie' | CarrierFeature

/** A topic: its tests, and what they need. */
export interface Topic {
  title: string
  tests(group: CarrierGroup): void
  needs?: readonly Need[]
}
