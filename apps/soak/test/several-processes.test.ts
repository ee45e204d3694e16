import { afterEach, expect, it } from 'vitest'
import type { Answer, Request, Settings } from '../src/protocol'
import type { StoreSettings } from '../src/store'
import { WorkerPool } from '../src/worker-pool'
import { onServers } from './on-servers'

/** Pairs of a save and a logout. The soak run uses more, for higher confidence. */
const PAIRS = (import.meta as { env?: { MODE?: string } }).env?.MODE === 'soak' ? 20_000 : 400
const TOGETHER = 100

const secret = 'a secret that several processes share'
const verb = (verb: Request['verb'], count: number, request: (i: number) => Omit<Request, 'verb'>) =>
  Array.from({ length: count }, (_, i): Request => ({ verb, ...request(i) }))
const failed = (answers: Answer[]) => answers.filter(({ error }) => error !== undefined)

function promises(store: StoreSettings): void {
  const pools: WorkerPool[] = []
  const start = async (options: Settings['options'] = {}) => {
    // A long time limit, so that a busy machine does not cause store errors.
    const workers = await WorkerPool.start({ ...store, secret, options: { storeTimeout: 30, ...options } })
    pools.push(workers)
    return workers
  }
  afterEach(() => Promise.all(pools.splice(0).map((workers) => workers.end())))

  it(`revive no session in ${PAIRS} pairs of a save and a logout`, async () => {
    const workers = await start()
    let revived = 0
    let ended = 0
    for (let done = 0; done < PAIRS; done += TOGETHER) {
      const cookies = (await workers.requests(verb('login', TOGETHER, (i) => ({ key: `user-${done + i}` })))).map(
        ({ cookie }) => cookie,
      )
      const requests = cookies.flatMap((cookie, i): Request[] => {
        const save: Request = { verb: i % 2 ? 'set' : 'count', key: 'late', cookie }
        const logout: Request = { verb: 'logout', cookie }
        // In both orders, so that each worker runs both, and either may be first.
        return i % 4 < 2 ? [save, logout] : [logout, save]
      })
      ended += failed(await workers.requests(requests)).filter(({ error }) => error === 'ERR_SESSION_ENDED').length
      const after = await workers.requests(cookies.map((cookie): Request => ({ verb: 'read', cookie })))
      revived += after.filter(({ outcome }) => outcome !== 'unknown').length
    }
    expect(revived).toBe(0)
    console.log(`${store.kind}: ${PAIRS} pairs, 0 revived, ${ended} saves failed because the session had ended`)
  }, 600_000)

  it('keep the different keys of 200 parallel writes', async () => {
    const workers = await start()
    const { cookie } = await workers.request({ verb: 'login', key: 'ada' })
    expect(failed(await workers.requests(verb('set', 200, (i) => ({ key: `k${i}`, cookie }))))).toEqual([])
    expect(Object.keys((await workers.request({ verb: 'read', cookie })).data!)).toHaveLength(200)
  })

  it('count to 200 in 200 parallel updates', async () => {
    const workers = await start()
    const { cookie } = await workers.request({ verb: 'login', key: 'ada' })
    expect(failed(await workers.requests(verb('count', 200, () => ({ cookie }))))).toEqual([])
    expect((await workers.request({ verb: 'read', cookie })).data).toEqual({ count: 200 })
  })

  it('give 200 parallel requests at the time of renewal the same new token', async () => {
    const workers = await start({ timeouts: { idle: 0, rolling: 3600 } })
    const { cookie } = await workers.request({ verb: 'login', key: 'ada' })
    await workers.clockAhead(2701)
    const answers = await workers.requests(verb('read', 200, () => ({ cookie })))
    expect(failed(answers)).toEqual([])
    expect(await workers.count('renewed')).toBe(1)
    expect(new Set(answers.map((answer) => answer.cookie)).size).toBe(1)
    expect(answers[0]!.cookie).not.toBe(cookie)
    const after = await workers.requests(answers.map((answer): Request => ({ verb: 'read', cookie: answer.cookie })))
    expect(after.every(({ outcome }) => outcome === 'resumed')).toBe(true)
  })

  it('keep three sessions after 50 parallel logins with maxPerSubject 3', async () => {
    const workers = await start({ maxPerSubject: 3 })
    const answers = await workers.requests(verb('login', 50, () => ({ key: 'many' })))
    expect(failed(answers)).toEqual([])
    const after = await workers.requests(answers.map((answer): Request => ({ verb: 'read', cookie: answer.cookie })))
    expect(after.filter(({ outcome }) => outcome === 'resumed')).toHaveLength(3)
    expect(await workers.list('many')).toBe(3)
  })

  it('refuse all but three of 50 parallel logins with onLimit `refuse`', async () => {
    const workers = await start({ maxPerSubject: 3, onLimit: 'refuse' })
    const answers = await workers.requests(verb('login', 50, () => ({ key: 'few' })))
    expect(failed(answers).every(({ error }) => error === 'ERR_SESSION_LIMIT')).toBe(true)
    expect(answers.length - failed(answers).length).toBe(3)
    expect(await workers.list('few')).toBe(3)
  })
}

await onServers('two processes', promises)
