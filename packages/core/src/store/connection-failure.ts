/** Codes of Node's sockets and name look-ups. */
const SOCKET_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
])

/** SQLSTATE of Postgres: connection exceptions, and a server that shuts down or starts. Any other is an answer. */
const POSTGRES_DOWN = /^(?:08\w{3}|57P0[123])$/
const SQLSTATE = /^[0-9]\w{4}$/

/** Names and messages of node-redis 5 and 6, ioredis 5 and 6, iovalkey, pg, and fetch of Node. */
const DRIVERS =
  /timed? ?out|timeout|max retries per request|connection (?:is closed|closed|terminated|lost)|connection error|socket closed|client is (?:closed|offline)|disconnects client|stream isn't writeable|queue is full|fetch failed/i

/** How deep causes are searched, so that a cycle ends. */
const MAX_DEPTH = 4

/**
 * Whether a driver's error says that the server could not be reached, or did not answer in the driver's own time. What the server
 * has replied is an answer, an error as well.
 */
export function isConnectionFailure(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > MAX_DEPTH) return false
  const { code, name, message, cause, errors } = error as Record<
    'code' | 'name' | 'message' | 'cause' | 'errors',
    unknown
  >
  if (typeof code === 'string') {
    if (SOCKET_CODES.has(code) || POSTGRES_DOWN.test(code)) return true
    if (SQLSTATE.test(code)) return false
  }
  // Redis replies with errors of these classes; the text of a reply may be about anything.
  if (name === 'ReplyError' || /^(?:Simple|Blob)Error$/.test(error.constructor?.name)) return false
  if (typeof message === 'string' && DRIVERS.test(message)) return true
  const inner = Array.isArray(errors) ? [cause, ...errors] : [cause]
  return inner.some((each) => isConnectionFailure(each, depth + 1))
}
