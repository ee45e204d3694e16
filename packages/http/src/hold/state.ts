import type { HeldCalls, Methods } from './held-calls'
import type { SentFacade } from './sent-facade'

/** Who makes an answer, and the methods by which it is made. */
export interface Answer {
  readonly by: 'handler' | 'errorPath'
  readonly methods: Methods
}

/** How far the current answer has come. */
export type State =
  /** Nothing was sent. The first call that sends headers commits first. */
  | { readonly kind: 'unsent' }
  /** `writeHead` hooks of other libraries are running, before the commit. */
  | { readonly kind: 'runningHooks' }
  | Waiting
  /** Calls go to the methods that were there before ours. */
  | { readonly kind: 'passedOn' }

/** The commit is pending. */
export interface Waiting {
  readonly kind: 'waiting'
  readonly calls: HeldCalls
  readonly facade: SentFacade
}
