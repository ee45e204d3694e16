import { type Attempt, inWords, isIn } from '../attempt'

/** Steals the long-lived cookie and uses it first. */
export const remember: Attempt = {
  name: 'remember',
  title: 'Steal the remember-me',
  tries:
    'A thief copies your remember-me cookie and uses it. Two minutes later you come back with yours, then the thief comes again.',
  async run({ rememberCookie, ahead, events }, you) {
    await you.logIn('?remember=true')
    const isRemember = (name: string) => name === rememberCookie
    const thief = you.copy('Thief', isRemember)
    const again = you.copy('You, back', isRemember)
    const first = await thief.send('GET', '/session')
    await thief.send('GET', '/session')
    ahead(120)
    const own = await again.send('GET', '/session')
    const alarm = events().includes('reused')
      ? ': two held the same cookie, so the event “reused” ended it for both'
      : ''
    const last = await thief.send('GET', '/session')
    return {
      held: !isIn(last),
      sentence: `The thief was ${inWords(first)}. You came back and were ${inWords(own)}${alarm}. From then on the thief was ${inWords(last)}.`,
    }
  },
}
