import { platform } from '#platform'

/** Names that the language, consoles and test libraries read of every object. */
const READ_BY_TOOLS: ReadonlySet<string> = new Set([
  ...Object.getOwnPropertyNames(Object.prototype),
  ...['toJSON', 'inspect', 'nodeType', 'nodeName', 'tagName', 'asymmetricMatch', 'length', 'size', 'name', 'message'],
])

/** Where to find what other libraries keep on the session. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['cookie', 'session.remaining has the time that is left, and the manager the attributes of the cookie'],
  ['maxAge', 'session.remaining has the time that is left; await session.setIdle(seconds) changes it'],
  ['sessionID', 'read session.id'],
  ['sessionId', 'read session.id'],
  ['resetMaxAge', 'await session.touch()'],
  ...['get', 'set', 'delete'].map((name) => [name, 'values are members of session.data'] as const),
])

/** A name may come from a request, and each is kept: there is a hint for so many. */
const MAX_HINTS = 20
const hinted = new Set<string>()

/** In development, shows once per process and name that `session.<name>` is always undefined, and what to read. */
export function hintAtUnknownName(name: string): void {
  if (hinted.size >= MAX_HINTS || hinted.has(name) || READ_BY_TOOLS.has(name)) return
  if (!/^[a-z]\w*$/i.test(name) || !platform.isDevelopment()) return
  hinted.add(name)
  const instead = ELSEWHERE.get(name) ?? `values are kept in session.data, so read session.data.${name}`
  platform.warn(`session.${name} is always undefined: ${instead}.`)
}
