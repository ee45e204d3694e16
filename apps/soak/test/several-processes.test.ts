import { afterEach, expect, it } from 'vitest'
import { Crew } from '../src/crew'
import type { Answer, Request, Settings } from '../src/protocol'
import type { StorageSettings } from '../src/storage'
import { onServers } from './on-servers'

/** How often a slow save meets a logout: enough here to see a hole, and in the long campaign to trust there is none. */
const MEETINGS = (import.meta as { env?: { MODE?: string } }).env?.MODE === 'soak' ? 20_000 : 400
const TOGETHER = 100

const secret = 'a secret that several processes share'
const verb = (verb: Request['verb'], count: number, request: (i: number) => Omit<Request, 'verb'>) =>
  Array.from({ length: count }, (_, i): Request => ({ verb, ...request(i) }))
const failed = (answers: Answer[]) => answers.filter(({ error }) => error !== undefined)

function promises(store: StorageSettings): void {
  const crews: Crew[] = []
  const start = async (options: Settings['options'] = {}) => {
    // Outcomes are what counts here: a busy machine must not turn them into store errors.
    const crew = await Crew.start({ ...store, secret, options: { storeTimeout: 30, ...options } })
    crews.push(crew)
    return crew
  }
  afterEach(() => Promise.all(crews.splice(0).map((crew) => crew.end())))

  it(`revive no session in ${MEETINGS} meetings of a save with a logout`, async () => {
    const crew = await start()
    let revived = 0
    let ended = 0
    for (let done = 0; done < MEETINGS; done += TOGETHER) {
      const cookies = (await crew.requests(verb('login', TOGETHER, (i) => ({ key: `user-${done + i}` })))).map(
        ({ cookie }) => cookie,
      )
      const requests = cookies.flatMap((cookie, i): Request[] => {
        const save: Request = { verb: i % 2 ? 'set' : 'count', key: 'late', cookie }
        const logout: Request = { verb: 'logout', cookie }
        // Both ways round, so that each worker does both, and either may be first.
        return i % 4 < 2 ? [save, logout] : [logout, save]
      })
      ended += failed(await crew.requests(requests)).filter(({ error }) => error === 'ERR_SESSION_ENDED').length
      const after = await crew.requests(cookies.map((cookie): Request => ({ verb: 'read', cookie })))
      revived += after.filter(({ outcome }) => outcome !== 'unknown').length
    }
    expect(revived).toBe(0)
    console.log(`${store.kind}: ${MEETINGS} meetings, 0 revived, ${ended} saves were told that the session had ended`)
  }, 600_000)

  it('keep what 200 parallel writers set, each another key', async () => {
    const crew = await start()
    const { cookie } = await crew.request({ verb: 'login', key: 'ada' })
    expect(failed(await crew.requests(verb('set', 200, (i) => ({ key: `k${i}`, cookie }))))).toEqual([])
    expect(Object.keys((await crew.request({ verb: 'read', cookie })).data!)).toHaveLength(200)
  })

  it('count to 200 by 200 parallel updates', async () => {
    const crew = await start()
    const { cookie } = await crew.request({ verb: 'login', key: 'ada' })
    expect(failed(await crew.requests(verb('count', 200, () => ({ cookie }))))).toEqual([])
    expect((await crew.request({ verb: 'read', cookie })).data).toEqual({ count: 200 })
  })

  it('make one new token for 200 parallel requests at the instant of renewal, and give it to all', async () => {
    const crew = await start({ timeouts: { idle: 0, rolling: 3600 } })
    const { cookie } = await crew.request({ verb: 'login', key: 'ada' })
    await crew.clockAhead(2701)
    const answers = await crew.requests(verb('read', 200, () => ({ cookie })))
    expect(failed(answers)).toEqual([])
    expect(await crew.count('renewed')).toBe(1)
    expect(new Set(answers.map((answer) => answer.cookie)).size).toBe(1)
    expect(answers[0]!.cookie).not.toBe(cookie)
    const after = await crew.requests(answers.map((answer): Request => ({ verb: 'read', cookie: answer.cookie })))
    expect(after.every(({ outcome }) => outcome === 'resumed')).toBe(true)
  })

  it('leave three sessions after 50 parallel logins of a subject who may have three', async () => {
    const crew = await start({ maxPerSubject: 3 })
    const answers = await crew.requests(verb('login', 50, () => ({ key: 'many' })))
    expect(failed(answers)).toEqual([])
    const after = await crew.requests(answers.map((answer): Request => ({ verb: 'read', cookie: answer.cookie })))
    expect(after.filter(({ outcome }) => outcome === 'resumed')).toHaveLength(3)
    expect(await crew.list('many')).toBe(3)
  })

  it('refuse all but three of 50 parallel logins where that is asked for', async () => {
    const crew = await start({ maxPerSubject: 3, onLimit: 'refuse' })
    const answers = await crew.requests(verb('login', 50, () => ({ key: 'few' })))
    expect(failed(answers).every(({ error }) => error === 'ERR_SESSION_LIMIT')).toBe(true)
    expect(answers.length - failed(answers).length).toBe(3)
    expect(await crew.list('few')).toBe(3)
  })
}

await onServers('two processes', promises)
