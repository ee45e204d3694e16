import { type Attempt, inWords, isIn, newCookies, UNTIL_RENEWAL } from '../attempt'

/** Uses a copy of the cookie after it was renewed. */
export const copied: Attempt = {
  name: 'copied',
  title: 'Use a copy after a renewal',
  tries: 'A thief copies your cookie. You go on working for 46 minutes, then the thief sends the copy.',
  async run(site, you) {
    await you.logIn()
    const thief = you.copy('Thief')
    site.ahead(UNTIL_RENEWAL)
    const renewal = await you.send('GET', '/session')
    await you.send('GET', '/session')
    // Requests that were under way may use the old cookie for ten seconds.
    site.ahead(11)
    const reply = await thief.send('GET', '/session')
    const renewed = newCookies([renewal], site.cookie).size > 0
    const alarm = site.events().includes('reused') ? ', and the event “reused” raised the alarm' : ''
    return {
      held: !isIn(reply),
      sentence: `Your cookie was ${renewed ? 'renewed' : 'not renewed'}; the copy was ${inWords(reply)}${alarm}.`,
    }
  },
}
