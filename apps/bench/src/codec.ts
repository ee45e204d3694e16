import * as hapiIron from '@hapi/iron'
import { createSessionManager, type SessionCodec, type SessionManager } from '@sojourn/session-core'
import { getIronSession, sealData, unsealData } from 'iron-session'
import { plainCarrier } from './plain-carrier'
import { short, table } from './report'
import { type Candidate, type Measured, measureInTurns, median, ratio } from './rounds'

const secret = 'a secret for benchmarks, at least 32 bytes'
const session = { subject: 'user-4711', cart: ['tea', 'milk', 'sugar'], theme: 'dark' }

let visits = 0
/** A different session each time, so that no cache of unsealed texts helps. */
const nextSession = () => ({ ...session, visits: ++visits })

/**
 * Sealing and opening a session in a cookie. Our codec is not exported, so its time is the time of a manager with it, minus the time
 * of a manager with a codec that does nothing, round by round. JSON is added, because iron-session's two functions include it.
 */
export async function codec(): Promise<void> {
  const sessions = createSessionManager({ secret })
  const candidates: Candidate[] = [
    { name: 'Sojourn: open, change, commit; open with the cookie', run: () => roundTrip(sessions) },
    { name: 'The same with a codec that does nothing', run: await withIdleCodec(sessions) },
    {
      name: 'JSON.stringify and JSON.parse of the session',
      run: async () => JSON.parse(JSON.stringify(nextSession())),
    },
    { name: 'iron-session 8: sealData and unsealData', run: ironSessionData },
    { name: 'iron-session 8: getIronSession, save; getIronSession with the cookie', run: ironSessionCookie },
    { name: '@hapi/iron with a password: seal and unseal', run: hapi },
  ]
  const measured = await measureInTurns(candidates, { rounds: 15, operations: 600 })
  const [whole, idle, json, theirs] = measured as [Measured, Measured, Measured, Measured]
  const alone = combine('**Our codec alone: seal and unseal** (the first row less the second)', whole, idle, -1)
  const withJson = combine('**Our codec and JSON**: what sealData and unsealData do', alone, json, 1)
  const rows = [alone, withJson, ...measured]
  table(
    'codec: seal and unseal one session, another each time',
    rows.map((row) => ({
      what: row.name,
      'µs by the clock': short(median(row.wall)),
      'µs of processor': short(median(row.cpu)),
      "share of sealData's and unsealData's time": percent(ratio(row.wall, theirs.wall)),
      'and of their processor time': percent(ratio(row.cpu, theirs.cpu)),
    })),
  )
}

const percent = (share: number) => `${short(share * 100)} %`

function combine(name: string, a: Measured, b: Measured, sign: 1 | -1): Measured {
  const each = (x: number[], y: number[]) => x.map((value, round) => value + sign * y[round]!)
  return { name, wall: each(a.wall, b.wall), cpu: each(a.cpu, b.cpu) }
}

async function roundTrip(sessions: SessionManager): Promise<string> {
  const carrier = plainCarrier()
  const handle = await sessions.open(carrier)
  Object.assign(handle.data, nextSession())
  await sessions.commit(handle)
  const back = await sessions.open(plainCarrier(carrier.cookie))
  if (back.outcome !== 'resumed') throw new Error(back.outcome)
  return carrier.cookie!
}

/** Its cookies have the length of real ones, so that only the cryptography differs. */
async function withIdleCodec(real: SessionManager): Promise<Candidate['run']> {
  const cookie = await roundTrip(real)
  const length = cookie.length - cookie.indexOf('=') - 1
  const sealed = new Map<string, string>()
  let seals = 0
  const idle: SessionCodec = {
    async seal(payload) {
      const name = String(++seals).padStart(length, '0')
      sealed.set(name, payload)
      return name
    },
    async unseal(name) {
      const payload = sealed.get(name)!
      sealed.delete(name)
      return payload
    },
  }
  const sessions = createSessionManager({ secret, codec: idle })
  return () => roundTrip(sessions)
}

async function ironSessionData(): Promise<void> {
  const sealed = await sealData(nextSession(), { password: secret })
  await unsealData(sealed, { password: secret })
}

async function ironSessionCookie(): Promise<void> {
  const options = { password: secret, cookieName: 'session' }
  let cookie: { name: string; value: string } | undefined
  const cookies = {
    get: () => cookie,
    set(name: unknown, value?: unknown) {
      cookie = { name: String(name), value: String(value) }
    },
  }
  const handle = await getIronSession<typeof session>(cookies, options)
  Object.assign(handle, nextSession())
  await handle.save()
  const back = await getIronSession<typeof session>(cookies, options)
  if (back.subject !== session.subject) throw new Error('iron-session did not open its cookie')
}

async function hapi(): Promise<void> {
  const sealed = await hapiIron.seal(nextSession(), secret, hapiIron.defaults)
  await hapiIron.unseal(sealed, secret, hapiIron.defaults)
}
