import { type Attempt, atOnce, MANY } from '../attempt'

/** Writes different keys at the same time. */
export const writes: Attempt = {
  name: 'writes',
  title: 'Fire 50 parallel writes',
  tries: `${MANY} requests of one browser each store a key of their own, all at the same time.`,
  async run(_site, you) {
    await you.logIn()
    const requests = Array.from({ length: MANY }, (_, i) => you.begin('PUT', `/session/data/key${i}`, i))
    const replies = await atOnce(requests)
    const accepted = replies.filter(({ status }) => status === 200).length
    const { json } = await you.send('GET', '/session')
    const kept = Object.keys(json.data ?? {}).length
    return {
      held: kept === MANY,
      sentence: `${accepted} of ${MANY} writes were answered with 200, and the session has ${kept} of them.`,
    }
  },
}
