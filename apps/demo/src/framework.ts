import type { RequestListener } from 'node:http'
import type { Storage } from './storages'

/** What every framework serves besides the page. */
interface DemoContent {
  readonly storages: readonly Storage[]
  /** What `/demo.json` tells the page. */
  about(): unknown
}

/** The demo in one framework, as a listener for Node's HTTP server. */
export type Framework = (content: DemoContent) => RequestListener | Promise<RequestListener>
