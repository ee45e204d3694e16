import { type Attempt, inWords, isIn } from '../attempt'
import type { Reply } from '../browser'

/** How many characters are changed, one at a time. */
const CHANGES = 24

/** Changes the cookie, one character at a time. */
export const tamper: Attempt = {
  name: 'tamper',
  title: 'Tamper with the cookie',
  tries: `One character of your cookie is changed, at ${CHANGES} places, one after another.`,
  async run({ cookie }, you) {
    await you.logIn()
    const value = you.jar.get(cookie)!
    const replies: Reply[] = []
    for (let i = 0; i < CHANGES; i++) {
      const at = Math.floor((i * value.length) / CHANGES)
      const forger = you.copy('Forger')
      forger.jar.set(cookie, `${value.slice(0, at)}${value[at] === 'A' ? 'B' : 'A'}${value.slice(at + 1)}`)
      replies.push(await forger.send('GET', '/session'))
    }
    const accepted = replies.filter(isIn)
    const held = accepted.length === 0
    const reasons = new Set(replies.flatMap(({ status, json }) => [`${status}`, json.outcome ?? []].flat()))
    return {
      held,
      sentence: held
        ? `All ${CHANGES} changed cookies were refused (${[...reasons].join(', ')}).`
        : `${accepted.length} of ${CHANGES} changed cookies were ${inWords(accepted[0]!)}.`,
    }
  },
}
