import { abortedCommitTests, abortTests, goneTests } from './aborts'
import { errorTests } from './errors'
import type { Topic } from './group'
import { headerTests } from './headers'
import { incomingTests, unwrittenTests } from './incoming'
import { lateStoreTests, lateTests } from './late'
import { deadTokenTests, lifecycleTests } from './lifecycle'
import { managerTests } from './managers'
import { orderingTests, rawOrderingTests } from './ordering'
import { parallelTests } from './parallel'
import { rawTests } from './raw'
import { responseTests } from './responses'
import { rawStoreDownTests, storeDownTests } from './store-down'

/** All tests, by topic. */
export const topics: readonly Topic[] = [
  { title: 'what comes in', tests: incomingTests },
  { title: 'what comes in, and the store', tests: unwrittenTests, needs: ['store'] },
  { title: 'a session’s life', tests: lifecycleTests },
  { title: 'dead tokens', tests: deadTokenTests, needs: ['store'] },
  { title: 'headers', tests: headerTests },
  { title: 'responses', tests: responseTests },
  { title: 'Node’s own response', tests: rawTests, needs: ['raw'] },
  { title: 'first the store, then the response', tests: orderingTests, needs: ['store'] },
  { title: 'first the store, then Node’s own response', tests: rawOrderingTests, needs: ['store', 'raw'] },
  { title: 'errors', tests: errorTests },
  { title: 'a store that is down', tests: storeDownTests, needs: ['store'] },
  { title: 'a store that is down, and Node’s own response', tests: rawStoreDownTests, needs: ['store', 'raw'] },
  { title: 'clients that go away', tests: abortTests },
  { title: 'clients that go away while the store works', tests: abortedCommitTests, needs: ['store'] },
  { title: 'clients that go away before their answer', tests: goneTests, needs: ['store', 'gone'] },
  { title: 'changes after the headers', tests: lateTests },
  { title: 'changes after the headers, in a store', tests: lateStoreTests, needs: ['store'] },
  { title: 'parallel requests', tests: parallelTests, needs: ['store'] },
  { title: 'managers', tests: managerTests },
]
