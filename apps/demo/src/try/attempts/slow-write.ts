import { type Attempt, inWords, isIn } from '../attempt'

/** Logs out while a slow request still writes. */
export const slowWrite: Attempt = {
  name: 'slow-write',
  title: 'Log out under a slow write',
  tries: 'An upload is still running in one tab when you log out in another; then it stores its result.',
  async run(_site, you) {
    await you.logIn()
    const tab = you.copy('Other tab')
    const before = tab.copy('Other tab, later')
    const upload = tab.begin('PUT', '/session/data/upload', 'done')
    await upload.begun
    await you.send('DELETE', '/auth')
    const written = await upload.finish()
    const reply = await before.send('GET', '/session')
    return {
      held: !isIn(reply),
      sentence: `The late write was answered with ${written.status}${written.json.error ? ` (${written.json.error})` : ''}; after it, the session you had ended was ${isIn(reply) ? `back: ${inWords(reply)}` : `still over: ${inWords(reply)}`}.`,
    }
  },
}
