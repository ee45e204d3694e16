import type { ExpiredCleanup, SessionStore, SubjectIndex, SubjectLimit } from '@sojourn/session-core'
import type { TestRunner } from './runner'
import { cleanupTests } from './store-suite/cleanup'
import { contractTests } from './store-suite/contract'
import type { FullStore, StoreGroup } from './store-suite/group'
import { hostileTests } from './store-suite/hostile'
import { limitTests } from './store-suite/limit'
import { raceTests } from './store-suite/races'
import { corruptTests, subjectTests } from './store-suite/subjects'

/** A store for one test: nothing in it, and nothing else writing to where it keeps its rows. */
export interface StoreUnderTest {
  store: SessionStore & Partial<SubjectIndex & SubjectLimit & ExpiredCleanup>
  /**
   * Makes the stored form of the row `id` unreadable, behind the store's back, as a foreign program or another version
   * would. Without it, name the reason in `lacks.corrupt`.
   */
  corrupt?(id: string): Promise<void>
  /** Called once after the test, whether it passed or not. */
  close(): Promise<void>
}

/** What a store may do without, and the groups of tests that go with it. */
export type StoreFeature = 'SubjectIndex' | 'SubjectLimit' | 'ExpiredCleanup' | 'corrupt'

/** What {@link storeSuite} is told about the store it tests. */
export interface StoreSuiteOptions {
  /** Heads the group of tests. */
  name: string
  /** Opens a fresh, empty store for one test. Called before each; let it be cheap: a new prefix rather than a new server. */
  open(): Promise<StoreUnderTest>
  /**
   * What the store does not offer, and why: `{ ExpiredCleanup: 'Redis forgets expired rows by itself' }`. The reason
   * is shown in the name of the skipped test. What is not named here is tested, and its absence fails. Default: nothing.
   */
  lacks?: Partial<Record<StoreFeature, string>>
}

/**
 * The contract of a session store as tests: whatever passes can stand behind a session manager. Runs with any runner
 * that has `describe`, `it` and `expect`; waits for nothing, and takes its instants relative to the real present.
 *
 * Out of contract, and not tested: strings with lone surrogates, beyond that looking for one finds nothing, and instants
 * that are no safe integers. Ids and subject keys are kept exactly up to 1 kB; longer ones are kept whole or refused.
 *
 * @example
 * storeSuite({ describe, it, expect }, { name: 'memory', open: async () => ({ store: memoryStore(), close: async () => {} }) })
 */
export function storeSuite(runner: TestRunner, { name, open, lacks = {} }: StoreSuiteOptions): void {
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
  throw new Error('open() gave no corrupt(id): add it, or name the reason in lacks.corrupt')
}
