import { type Attempt, inWords, isIn } from '../attempt'

/** Stops the store, and starts it again. */
export const storeDown: Attempt = {
  name: 'store-down',
  title: 'Stop and restart the store',
  tries: 'The store is stopped while you work, and started again: for real, if the demo started it.',
  async run({ power, cookie }, you) {
    await you.logIn()
    await power.stop()
    const [read, write, kept] = await (async () => {
      const read = await you.send('GET', '/session')
      const write = await you.send('PUT', '/session/data/cart', ['tea'])
      return [read, write, you.jar.has(cookie)] as const
    })().finally(() => power.start())
    const after = await you.send('GET', '/session')
    const loggedOut = [read, write].some(({ status }) => status === 401)
    return {
      held: !loggedOut && kept && isIn(after),
      sentence: `${power.means}. Reading was answered with ${read.status} and writing with ${write.status}${loggedOut ? ', which says “not logged in”' : ''}; your cookie was ${kept ? 'kept' : 'cleared'}. When it ran again, you were ${inWords(after)}.`,
    }
  },
}
