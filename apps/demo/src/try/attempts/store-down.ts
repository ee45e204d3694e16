import { type Attempt, inWords, isIn } from '../attempt'

/** Stops the store, and starts it again. */
export const storeDown: Attempt = {
  name: 'store-down',
  title: 'Stop and restart the store',
  tries: 'The store stops answering while you work, and comes back.',
  async run({ power, cookie }, you) {
    await you.logIn()
    power.stopped = true
    const read = await you.send('GET', '/session')
    const write = await you.send('PUT', '/session/data/cart', ['tea'])
    const kept = you.jar.has(cookie)
    power.stopped = false
    const after = await you.send('GET', '/session')
    const loggedOut = [read, write].some(({ status }) => status === 401)
    return {
      held: !loggedOut && kept && isIn(after),
      sentence: `While it was down, reading was answered with ${read.status} and writing with ${write.status}${loggedOut ? ', which says “not logged in”' : ''}; your cookie was ${kept ? 'kept' : 'cleared'}, and afterwards you were ${inWords(after)}.`,
    }
  },
}
