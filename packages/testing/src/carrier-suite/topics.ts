import { abortedCommitTests, abortTests, goneTests } from './aborts'
import { aliasedChangeTests, droppedChangeTests, goneChangeTests } from './dropped'
import { errorTests } from './errors'
import type { Topic } from './group'
import { guardTests } from './guards'
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
import { withheldTests } from './withheld'

/** All topics, in the order in which they run. */
export const topics: readonly Topic[] = [
  { title: 'requests', tests: incomingTests },
  { title: 'requests and the store', tests: unwrittenTests, needs: ['store'] },
  { title: 'session lifecycle', tests: lifecycleTests },
  { title: 'dead tokens', tests: deadTokenTests, needs: ['store'] },
  { title: 'headers', tests: headerTests },
  { title: 'withheld cookies', tests: withheldTests },
  { title: 'responses', tests: responseTests },
  { title: 'raw response', tests: rawTests, needs: ['raw'] },
  { title: 'write before response', tests: orderingTests, needs: ['store'] },
  { title: 'write before raw response', tests: rawOrderingTests, needs: ['store', 'raw'] },
  { title: 'errors', tests: errorTests },
  { title: 'store down', tests: storeDownTests, needs: ['store'] },
  { title: 'store down, raw response', tests: rawStoreDownTests, needs: ['store', 'raw'] },
  { title: 'client disconnects', tests: abortTests },
  { title: 'client disconnects during a store call', tests: abortedCommitTests, needs: ['store'] },
  { title: 'client disconnects before the response', tests: goneTests, needs: ['store', 'gone'] },
  { title: 'changes after the headers are sent', tests: lateTests },
  { title: 'changes after the headers are sent, in a store', tests: lateStoreTests, needs: ['store'] },
  { title: 'changes that no response stores', tests: droppedChangeTests },
  { title: 'changes that no response stores, without the handle', tests: aliasedChangeTests, needs: ['close'] },
  { title: 'changes for a client that has left', tests: goneChangeTests, needs: ['gone'] },
  { title: 'parallel requests', tests: parallelTests, needs: ['store'] },
  { title: 'managers', tests: managerTests },
  { title: 'guards', tests: guardTests, needs: ['guards'] },
]
