import { type Attempt, inWords, isIn } from '../attempt'

/** Uses a copy of the cookie after its owner has logged out. */
export const replay: Attempt = {
  name: 'replay',
  title: 'Replay one after logout',
  tries: 'A thief copies your cookie. You log out, and the thief sends the copy.',
  async run(_site, you) {
    await you.logIn()
    const thief = you.copy('Thief')
    const logout = await you.send('DELETE', '/auth')
    const reply = await thief.send('GET', '/session')
    return {
      held: !isIn(reply),
      sentence: `Your logout was answered with ${logout.status}; after it, the copied cookie was ${inWords(reply)}.`,
    }
  },
}
