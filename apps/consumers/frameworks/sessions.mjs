import { readFileSync } from 'node:fs'
import { createSessionManager, memoryStore } from '@sojourn/session-core'

/** The test moves this clock: the file says by how many milliseconds it is ahead. */
const clock = () => Date.now() + Number(readFileSync(process.env.CLOCK_FILE, 'utf8'))

/** A framework may load this module twice: for its own handlers, and for the server around them. */
globalThis.sessions ??= createSessionManager({
  secret: process.env.SESSION_SECRET,
  store: memoryStore({ clock }),
  clock,
  timeouts: { idle: 0, rolling: 3600, absolute: 86_400 },
})
export const { sessions } = globalThis

/** Does an action with a session. Yields the session after it. */
export async function act(session, action) {
  if (action === 'login') await session.login('ada')
  if (action === 'change') session.data.cart = [...(session.data.cart ?? []), 'tea']
  if (action === 'logout') await session.logout()
  return { subject: session.subject ?? null, cart: session.data.cart ?? [] }
}
