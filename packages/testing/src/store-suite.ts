import type { ExpiredCleanup, SessionStore, SubjectIndex, SubjectLimit } from '@sojourn/session-core'
import { checkKnown } from '#check'
import type { TestRunner } from './runner'
import { cleanupTests } from './store-suite/cleanup'
import { contractTests } from './store-suite/contract'
import type { FullStore, StoreGroup } from './store-suite/group'
import { hostileTests } from './store-suite/hostile'
import { limitTests } from './store-suite/limit'
import { raceTests } from './store-suite/races'
import { corruptTests, subjectTests } from './store-suite/subjects'

/** An empty store for one test. Nothing else may write to its rows. */
export interface StoreUnderTest {
  /** The store to test, empty. */
  store: SessionStore & Partial<SubjectIndex & SubjectLimit & ExpiredCleanup>
  /**
   * Makes the stored form of the row `id` unreadable without the store, as another program or version
   * would. If omitted, name the reason in `lacks.corrupt`.
   */
  corrupt?(id: string): Promise<void>
  /** Called once after the test, passed or failed. */
  close(): Promise<void>
}

/** An optional capability of a store; its group of tests is skipped if the store lacks it. */
export type StoreFeature = 'SubjectIndex' | 'SubjectLimit' | 'ExpiredCleanup' | 'corrupt'

/** Options of {@link storeSuite}: the store to test. */
export interface StoreSuiteOptions {
  /** Title of the group of tests. */
  name: string
  /** Opens an empty store for one test. Called before each test, so it should be cheap: a new prefix, not a new server. */
  open(): Promise<StoreUnderTest>
  /**
   * Capabilities that the store lacks, each with the reason: `{ ExpiredCleanup: 'Redis expires rows by itself' }`. The reason
   * is shown in the name of the skipped test. A capability that is not named here is tested, and fails if absent.
   * @default none
   */
  lacks?: Partial<Record<StoreFeature, string>>
}

/**
 * Tests of the contract of a session store. A store that passes works with a session manager. Runs with any runner
 * that has `describe`, `it` and `expect`. The tests do not sleep, and use times relative to the real present.
 *
 * Not part of the contract: strings with lone surrogates (reading one must find nothing), and times
 * that are not safe integers. Ids and subject keys up to 1 kB are stored exactly; longer ones completely or not at all.
 *
 * @example
 * storeSuite({ describe, it, expect }, { name: 'memory', open: async () => ({ store: memoryStore(), close: async () => {} }) })
 */
export function storeSuite(runner: TestRunner, options: StoreSuiteOptions): void {
  checkKnown('storeSuite.', options, ['name', 'open', 'lacks'])
  const { name, open, lacks = {} } = options
  checkKnown('storeSuite.lacks.', lacks, [
    'SubjectIndex',
    'SubjectLimit',
    'ExpiredCleanup',
    'corrupt',
  ] satisfies StoreFeature[])
  const group = (title: string, feature: StoreFeature | undefined, tests: (group: StoreGroup) => void) =>
    runner.describe(title, () => {
      const reason = feature && lacks[feature]
      if (reason !== undefined) return void runner.it.skip(`has no ${feature}: ${reason}`, async () => {})
      tests({
        expect: runner.expect,
        test: (sentence, body) =>
          runner.it(sentence, async () => {
            const { store, corrupt, close } = await open()
            try {
              await body(store as FullStore, corrupt ?? missingHook)
            } finally {
              await close()
            }
          }),
      })
    })

  runner.describe(`${name}: store suite`, () => {
    group('each method', undefined, contractTests)
    group('races', undefined, raceTests)
    group('hostile strings', undefined, hostileTests)
    group('corrupt rows', 'corrupt', corruptTests)
    group('subject index', 'SubjectIndex', subjectTests)
    group('subject limit', 'SubjectLimit', limitTests)
    group('clean-up', 'ExpiredCleanup', cleanupTests)
  })
}

async function missingHook(): Promise<void> {
  throw new Error('open() returned no corrupt(id): add it, or name the reason in lacks.corrupt')
}
