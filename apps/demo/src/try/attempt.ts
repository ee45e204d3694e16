import type { Browser, OpenRequest, Reply } from './browser'
import type { Site } from './site'

/** Something that a thief, a race or a fault does to a session. */
export interface Attempt {
  readonly name: string
  /** The button's text. */
  readonly title: string
  /** What is tried, in a sentence. */
  readonly tries: string
  /** Whether the express-session server renews its cookie by the usual recipe; it does not by itself. */
  readonly renews?: boolean
  /** Does it to a server. `you` is a browser that is not logged in yet. */
  run(site: Site, you: Browser): Promise<Finding>
}

/** What came of it, as the responses say. */
export interface Finding {
  /** Whether the session stayed safe and whole. */
  readonly held: boolean
  /** What happened, in a sentence. */
  readonly sentence: string
}

/** How many requests the parallel attempts send. */
export const MANY = 50

/** Longer than the renewal is due after, and shorter than the session. */
export const UNTIL_RENEWAL = 46 * 60

/** Whether a response treats the client as a user who is logged in. */
export const isIn = ({ status, json }: Reply): boolean => status === 200 && typeof json.subject === 'string'

/** A response in words: “let in as admin”, “refused (401, reused)”. */
export const inWords = (reply: Reply): string =>
  isIn(reply)
    ? `let in as ${reply.json.subject}`
    : `refused (${[reply.status, reply.json.outcome].filter(Boolean).join(', ')})`

/** The different values that responses give a cookie. */
export const newCookies = (replies: readonly Reply[], name: string): Set<string> =>
  new Set(replies.flatMap(({ setCookies }) => setCookies.filter((line) => line.startsWith(`${name}=`))))

/** Sends the bodies of many requests when the server has opened the sessions of all of them. */
export async function atOnce(requests: readonly OpenRequest[]): Promise<Reply[]> {
  await Promise.all(requests.map(({ begun }) => begun))
  return Promise.all(requests.map((each) => each.finish()))
}
