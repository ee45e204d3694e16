import { type Attempt, atOnce, inWords, isIn, MANY, newCookies, UNTIL_RENEWAL } from '../attempt'

/** Renews the cookie while many requests are under way. */
export const renewal: Attempt = {
  name: 'renewal',
  title: 'Renew under 50 requests',
  tries: `The cookie is due for renewal, and ${MANY} requests arrive at the same time.`,
  renews: true,
  async run(site, you) {
    await you.logIn()
    site.ahead(UNTIL_RENEWAL)
    const replies = await atOnce(Array.from({ length: MANY }, () => you.begin('GET', '/session')))
    const turnedAway = replies.filter((reply) => !isIn(reply)).length
    const cookies = newCookies(replies, site.cookie).size
    const after = await you.send('GET', '/session')
    const plural = cookies === 1 ? 'one new cookie' : `${cookies} different new cookies`
    return {
      held: cookies === 1 && turnedAway === 0 && isIn(after),
      sentence: `${MANY} responses brought ${plural}, ${turnedAway || 'none'} of them said “not logged in”, and the next request was ${inWords(after)}.`,
    }
  },
}
