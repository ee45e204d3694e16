/**
 * One response, as the page remembers it.
 * @typedef {object} Reply
 * @property {string} method
 * @property {string} path
 * @property {number} status
 * @property {any} json
 * @property {boolean} setsCookie Whether it gave the browser a new cookie, or took the old one away.
 * @property {number} at When it came, epoch ms.
 */

/** The most responses that are remembered. */
const MOST = 8

/** The last responses, newest first. @type {Reply[]} */
export const replies = []

/**
 * Sends a request to the demo, and remembers what came back. Rejects where the demo does not answer.
 * @param {string} method
 * @param {string} path
 * @param {{ body?: string, headers?: Record<string, string> }} [init]
 * @returns {Promise<Reply>}
 */
export async function send(method, path, init) {
  const response = await fetch(path, { method, cache: 'no-store', ...init })
  // No script can see Set-Cookie. But a response that sets a session's cookie says no-store, and here no other does.
  const setsCookie = response.headers.get('cache-control')?.includes('no-store') ?? false
  const reply = { method, path, status: response.status, json: await response.json(), setsCookie, at: Date.now() }
  replies.unshift(reply)
  replies.splice(MOST)
  return reply
}
