/**
 * One response, as the page keeps it.
 * @typedef {object} Reply
 * @property {string} method
 * @property {string} path
 * @property {number} status
 * @property {any} json
 * @property {boolean} setsCookie Whether it set or cleared the session's cookie.
 * @property {number} at When it arrived, epoch ms.
 */

/** How many responses are kept. */
const MAX_REPLIES = 8

/** The last responses, newest first. @type {Reply[]} */
export const replies = []

/**
 * Sends a request to the demo and keeps the reply. Rejects if the demo does not answer.
 * @param {string} method
 * @param {string} path
 * @param {{ body?: string, headers?: Record<string, string> }} [init]
 * @returns {Promise<Reply>}
 */
export async function send(method, path, init) {
  const response = await fetch(path, { method, cache: 'no-store', ...init })
  // Scripts cannot read Set-Cookie. In this demo, only a response that sets a session's cookie is no-store.
  const setsCookie = response.headers.get('cache-control')?.includes('no-store') ?? false
  const reply = { method, path, status: response.status, json: await response.json(), setsCookie, at: Date.now() }
  replies.unshift(reply)
  replies.splice(MAX_REPLIES)
  return reply
}
