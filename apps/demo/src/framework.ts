import type { RequestListener } from 'node:http'
import type { Storage } from './storages'

/** What every framework serves, beside the page. */
export interface Offer {
  readonly storages: readonly Storage[]
  /** What the page wants to know of the demo, as JSON. */
  about(): unknown
}

/** The demo in one framework, as Node's HTTP servers take it. */
export type Framework = (offer: Offer) => RequestListener | Promise<RequestListener>
