import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSessionManager, memoryStore, type SessionStore, type SubjectIndex } from '@sojourn/session-core'
import { migrate, postgresStore } from '@sojourn/session-postgres'
import { redisStore } from '@sojourn/session-redis'
import { flakyStore } from '@sojourn/session-testing'
import { startPostgres, startRedis, withServer } from '@sojourn/session-testing/servers'
import pg from 'pg'
import { createClient } from 'redis'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { use } from './support/sessions'
import { siteOn } from './support/sites'
import { SECRET, sojourn } from './support/terminal'

const CONFIG = ['--config', 'test/support/sessions.ts']
type Site = ReturnType<typeof siteOn>

/** Another letter in the middle of the first cookie's value. */
const tampered = (cookie: string) =>
  cookie.replace(/(?<=\.[\w-]{9}|\*[\w-]{9})[\w-]/, (letter) => (letter === 'A' ? 'B' : 'A'))

/** What explain says of each way to be logged out; the same on every store. */
function whyLoggedOut(open: () => Site): void {
  let site: Site
  beforeEach(() => {
    site = open()
    site.reset()
    use(site.sessions)
  })
  const explain = (cookie: string, ...more: string[]) => sojourn(['explain', ...CONFIG, ...more], { stdin: cookie })
  const login = async () =>
    (await site.visit(undefined, (session) => session.login('ada', { label: 'laptop' }))).cookie!

  it('explains an expired cookie with the clock and the instant', async () => {
    const cookie = await login()
    site.advance(901)
    const { code, out } = await explain(cookie)
    expect(code).toBe(0)
    expect(out).toMatch(
      /^expired:idle \(idle\)\nThe idle clock ended at .*Z: the last activity was at .*this clock has 900 s\./,
    )
    expect(out).toMatch(/idle {8}█{30} ended 1 s ago/)
  })

  it('explains a revoked cookie', async () => {
    const { cookie, session } = await site.visit(undefined, (each) => each.login('ada'))
    expect((await sojourn(['revoke', session.id!, ...CONFIG])).code).toBe(0)
    const { out } = await explain(cookie!)
    expect(out).toMatch(/^(unknown \(gone\)|revoked \(revoked\))\n.*revoke/)
  })

  it('explains a withheld cookie', async () => {
    await login()
    const { code, out } = await explain('__Host-session-at=1')
    expect([code, out]).toEqual([0, expect.stringMatching(/^withheld \(marker-only\)\n.*came from another site/)])
  })

  it('explains a tampered cookie, and says what to compare', async () => {
    const { code, out, error } = await explain(tampered(await login()))
    expect([code, error]).toEqual([0, ''])
    expect(out).toMatch(/^rejected \(not-issued\)\nThe cookie was not made by this application: .*\nCompare the secret/)
  })

  it.each([
    ['tampered', tampered, /^rejected \(not-issued\)$/],
    // Sealed cookies are not parsed before they are proved.
    ['malformed', () => '__Host-session=abc', /^(malformed \(not-a-token\)|rejected \(not-issued\))$/],
    ['empty', () => '__Host-session=', /^(malformed|rejected) \(incomplete\)$/],
    ['absent', () => 'other=1', /^none \(no-cookie\)$/],
    ['current', (cookie: string) => cookie, /^resumed \(current\)$/],
  ])('gives outcome and reason of a cookie that is %s as an answer, in both forms', async (_, change, expected) => {
    const cookie = change(await login())
    const text = await explain(cookie)
    expect(text).toMatchObject({ code: 0, error: '' })
    expect(text.out.split('\n')[0]).toMatch(expected)
    const { code, out, error } = await explain(cookie, '--json')
    expect([code, error]).toEqual([0, ''])
    const { outcome, reason } = JSON.parse(out)
    expect(`${outcome} (${reason})`).toMatch(expected)
  })

  it('explains a live session, whose data it shows only if it is asked for', async () => {
    const { cookie } = await site.visit(await login(), (session) => {
      session.data.cart = ['green tea']
    })
    const { out } = await explain(cookie!)
    expect(out).toMatch(/^resumed \(current\)/)
    expect(out).toMatch(/subject {5}ada, laptop/)
    expect(out).not.toContain('green tea')
    expect((await explain(cookie!, '--data')).out).toContain('green tea')
    expect(JSON.parse((await explain(cookie!, '--json')).out)).toMatchObject({
      outcome: 'resumed',
      session: { subject: 'ada' },
    })
  })
}

/** What only a store can tell. */
function withAStore(open: () => Site, store: () => SessionStore & SubjectIndex): void {
  it("says of a secret that is not the server's what to compare, and writes nothing", async () => {
    const site = open()
    site.reset()
    const { cookie, session } = await site.visit(undefined, (each) => each.login('carol'))
    use(createSessionManager({ secret: `${SECRET.slice(1)}9`, store: store() }))
    const { id } = session
    for (const argv of [
      ['list', 'carol'],
      ['revoke', id!],
      ['revoke', id!, '--subject', 'carol'],
      ['revoke', '--all', 'carol'],
    ]) {
      const said = await sojourn([...argv, ...CONFIG])
      expect(said, argv.join(' ')).toMatchObject({
        code: 1,
        out: '',
        error: expect.stringMatching(/Compare the secret/),
      })
      expect(said.error).not.toContain('\n')
      expect((await site.visit(cookie)).session.outcome, argv.join(' ')).toBe('resumed')
    }
  })

  it('lists the sessions beside rows of a secret that is no longer in use', async () => {
    const site = open()
    site.reset()
    await siteOn(store(), `${SECRET.slice(1)}9`).visit(undefined, (each) => each.login('dora'))
    await site.visit(undefined, (each) => each.login('dora', { label: 'phone' }))
    use(site.sessions)
    expect(await sojourn(['list', 'dora', ...CONFIG])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^[^\n]+phone$/),
    })
    expect(await sojourn(['revoke', '--all', 'dora', ...CONFIG])).toMatchObject({
      code: 0,
      out: '2 sessions have ended.',
    })
  })

  it('counts in JSON the sessions that have ended', async () => {
    const site = open()
    site.reset()
    use(site.sessions)
    const login = async () => (await site.visit(undefined, (each) => each.login('erin'))).session.id!
    const [first] = [await login(), await login(), await login()]
    const revoke = async (...argv: string[]) =>
      JSON.parse((await sojourn(['revoke', ...argv, '--json', ...CONFIG])).out)
    expect(await revoke(first)).toEqual({ ended: 1 })
    expect(await revoke('--all', 'erin')).toEqual({ ended: 2 })
    expect(await revoke('--all', 'erin')).toEqual({ ended: 0 })
    expect(await revoke(first)).toEqual({ error: expect.stringMatching(/^There is no live session with this id/) })
  })

  it('does not list the session of a cookie that was replaced among the other sessions', async () => {
    const site = open()
    site.reset()
    use(site.sessions)
    const { cookie } = await site.visit(undefined, (session) => session.login('frank'))
    await site.visit(cookie, (session) => session.login('frank'))
    site.advance(60)
    expect((await sojourn(['explain', ...CONFIG], { stdin: cookie! })).out).toMatch(
      /^reused [\s\S]*The subject has no other session\.$/,
    )
    site.reset()
  })

  it('names the store in the policy', async () => {
    use(open().sessions)
    const { out } = await sojourn(['describe', ...CONFIG])
    expect(out).toMatch(new RegExp(`^store {15}${store().kind}$`, 'm'))
  })

  it('explains a reused cookie', async () => {
    const site = open()
    use(site.sessions)
    const { cookie } = await site.visit(undefined, (session) => session.login('ada'))
    site.advance(800)
    const renewed = await site.visit(cookie)
    await site.visit(renewed.cookie)
    site.advance(60)
    const { out } = await sojourn(['explain', ...CONFIG], { stdin: cookie! })
    expect(out).toMatch(/^reused \(used-again\)\n.*came back after its grace period/)
    expect(out).toMatch(/token {7}number 1 of 2/)
    site.reset()
  })

  it('lists the sessions of a subject, ends one, and then all', async () => {
    const site = open()
    site.reset()
    use(site.sessions)
    const first = (await site.visit(undefined, (each) => each.login('bob', { label: 'laptop' }))).session.id!
    await site.visit(undefined, (each) => each.login('bob', { label: 'phone' }))
    const list = () => sojourn(['list', 'bob', ...CONFIG])
    expect((await list()).out).toMatch(/laptop/)
    expect((await list()).out.split('\n')).toHaveLength(2)
    expect(await sojourn(['revoke', first, '--subject', 'eve', ...CONFIG])).toMatchObject({ code: 1, out: '' })
    expect((await list()).out.split('\n')).toHaveLength(2)
    expect((await sojourn(['revoke', first, '--subject', 'bob', ...CONFIG])).code).toBe(0)
    expect((await list()).out).not.toMatch(/laptop/)
    expect((await sojourn(['revoke', '--all', 'bob', ...CONFIG])).out).toBe('1 session has ended.')
    expect(await sojourn(['revoke', '--all', 'bob', ...CONFIG])).toMatchObject({
      code: 0,
      out: '0 sessions have ended.',
    })
    expect((await list()).out).toBe('This subject has no live session in this application.')
  })
}

withServer({ describe, it, afterAll }, 'sojourn on Redis', await startRedis({ own: true }), (redis) => {
  const client = createClient({ url: redis.url, disableOfflineQueue: true })
  client.on('error', () => {})
  const connected = client.connect()
  afterAll(() => client.destroy())
  const store = () => redisStore(client, { prefix: redis.namespace, onWarning: () => {} })
  const open = () => siteOn(store())
  beforeEach(() => connected.then(() => {}))
  whyLoggedOut(open)
  withAStore(open, store)

  it('needs no configuration but the URL of the store and the secret', async () => {
    const { cookie } = await open().visit(undefined, (session) => session.login('ada'))
    const argv = ['explain', '--store', redis.url, '--prefix', redis.namespace]
    const cwd = new URL('../', import.meta.url).pathname
    const said = await sojourn(argv, { cwd, env: { SESSION_SECRET: SECRET }, stdin: cookie! })
    expect(said).toMatchObject({ code: 0, error: '', out: expect.stringMatching(/^resumed/) })
    const wrong = await sojourn(argv, { cwd, env: { SESSION_SECRET: `${SECRET.slice(1)}9` }, stdin: cookie! })
    expect(wrong).toMatchObject({ code: 0, error: '', out: expect.stringMatching(/\nCompare the secret/) })
  })

  it('check says that sessions may be evicted, with exit code 1', async () => {
    use(open().sessions)
    expect(await sojourn(['check', ...CONFIG])).toMatchObject({ code: 0, out: expect.stringMatching(/evicts no keys/) })
    await client.sendCommand(['CONFIG', 'SET', 'maxmemory', '100mb', 'maxmemory-policy', 'allkeys-lru'])
    const { code, out } = await sojourn(['check', ...CONFIG])
    await client.sendCommand(['CONFIG', 'SET', 'maxmemory', '0', 'maxmemory-policy', 'noeviction'])
    expect([code, out]).toEqual([
      1,
      expect.stringMatching(/problem {2}Redis evicts keys .*Set maxmemory-policy to noeviction/),
    ])
  })

  it('says of a server that has died what to do, and writes nothing', async () => {
    const site = open()
    const { cookie, session } = await site.visit(undefined, (each) => each.login('ada'))
    use(site.sessions)
    await redis.kill()
    for (const argv of [['explain'], ['list', 'ada'], ['revoke', session.id!], ['revoke', '--all', 'ada'], ['check']]) {
      const said = await sojourn([...argv, ...CONFIG], { stdin: cookie! })
      expect(said, argv[0]).toMatchObject({
        code: 1,
        out: '',
        error: expect.stringMatching(/^The store does not answer \(.+\): check/),
      })
      expect(said.error).not.toContain('\n')
    }
    const { code, out } = await sojourn(['check', '--json', ...CONFIG])
    expect([code, JSON.parse(out)]).toMatchObject([1, { reachable: false }])
    await redis.restart()
  })
})

withServer({ describe, it, afterAll }, 'sojourn on Postgres', await startPostgres({ own: true }), (postgres) => {
  const pool = new pg.Pool({ connectionString: postgres.url, max: 2 })
  pool.on('error', () => {})
  afterAll(() => pool.end())
  const migrated = migrate(pool)
  beforeEach(() => migrated)
  const store = () => postgresStore(pool)
  const open = () => siteOn(store())
  whyLoggedOut(open)
  withAStore(open, store)

  it('check says whether the tables are of this release', async () => {
    use(open().sessions)
    expect(await sojourn(['check', ...CONFIG])).toMatchObject({ code: 0, out: expect.stringMatching(/ok {7}schema 2/) })
    use(siteOn(postgresStore(pool, { table: 'absent' })).sessions)
    expect(await sojourn(['check', ...CONFIG])).toMatchObject({
      code: 1,
      out: expect.stringMatching(/problem .*run migrate/),
    })
  })

  it('needs no configuration but the URL of the store and the secret', async () => {
    const { cookie } = await open().visit(undefined, (session) => session.login('ada'))
    const cwd = new URL('../', import.meta.url).pathname
    const env = { SESSION_SECRET: SECRET, SESSION_STORE_URL: postgres.url }
    expect((await sojourn(['explain'], { cwd, env, stdin: cookie! })).out).toMatch(/^resumed/)
  })
})

describe('sojourn without a store', () => {
  whyLoggedOut(() => siteOn(undefined))

  it('check finds nothing wrong', async () => {
    use(siteOn(undefined).sessions)
    expect((await sojourn(['check', ...CONFIG])).code).toBe(0)
  })

  it('ends sessions that no one counts, and says so in both forms', async () => {
    const site = siteOn(undefined)
    use(site.sessions)
    const { session } = await site.visit(undefined, (each) => each.login('ada'))
    const revoke = (...argv: string[]) => sojourn(['revoke', ...argv, ...CONFIG])
    expect((await revoke('--all', 'ada')).out).toBe('All sessions of this subject have ended.')
    expect((await revoke(session.id!)).out).toBe('The session has ended.')
    expect(JSON.parse((await revoke('--all', 'ada', '--json')).out)).toEqual({ ended: null })
    expect(JSON.parse((await revoke(session.id!, '--json')).out)).toEqual({ ended: null })
  })

  it('says what a list needs', async () => {
    use(siteOn(undefined).sessions)
    expect(await sojourn(['list', 'ada', ...CONFIG])).toMatchObject({
      code: 1,
      error: expect.stringMatching(/a store with an index/),
    })
  })
})

describe('wrong use', () => {
  const typed = (...argv: string[]) => sojourn(argv, { stdin: 'x=1' })

  it.each([
    [[], /^$/],
    [['explan'], /There is no command explan; known are explain, list/],
    [['explain'], /Which sessions\? Pass --config/],
    [['explain', '--confg', 'x'], /Unknown option '--confg'/],
    [['explain', ...CONFIG, '__Host-session=abc'], /A cookie is a password/],
    [['list', ...CONFIG], /list takes one subject/],
    [['revoke', ...CONFIG], /revoke takes one id/],
    [['describe', '--preset', 'nistAal4', ...CONFIG], /There is no preset nistAal4; known are .*nistAal3/],
    [['describe', '--preset', 'toString', ...CONFIG], /There is no preset toString/],
    [['describe', '--store', 'mysql://x'], /secret is missing/],
    [['describe', '--store', 'redis://:hunter2@x'], /URL with a password/],
  ])('%j has exit code 2 and one line', async (argv, message) => {
    use(siteOn(memoryStore()).sessions)
    const { code, error } = await typed(...argv)
    expect(code).toBe(2)
    expect(error).toMatch(message)
    expect(error).not.toMatch(/\n|hunter2/)
  })

  it.each(['--secret=hunter2', '--secret', '--password=hunter2', '-secret', '--session-secret=hunter2'])(
    'refuses %s by its name, and does not repeat what follows',
    async (argument) => {
      const { code, out, error } = await typed('describe', argument, 'hunter2', ...CONFIG)
      expect([code, out]).toEqual([2, ''])
      expect(error).toMatch(/--secret does not exist: .*Set SESSION_SECRET, or pass --secret-file/)
      expect(error).not.toContain('hunter2')
    },
  )

  it('does not repeat a cookie that stands in place of a file', async () => {
    use(siteOn(memoryStore()).sessions)
    const { code, error } = await typed('explain', 'hunter2.secret', ...CONFIG)
    expect([code, error]).toEqual([1, expect.stringMatching(/^(?!.*hunter2).*The cookie file cannot be read: ENOENT/s)])
  })

  it('does not repeat a secret that stands in place of its file', async () => {
    const { code, error } = await typed('describe', '--store', 'redis://127.0.0.1:1', '--secret-file', 'hunter2')
    expect([code, error]).toEqual([1, expect.stringMatching(/^(?!.*hunter2).*The secret file cannot be read: ENOENT/s)])
  })

  it('names the module that does not load, or exports no manager', async () => {
    expect((await typed('describe', '--config', 'absent.js')).error).toMatch(/absent\.js does not load/)
    expect((await typed('describe', '--config', 'test/support/terminal.ts')).error).toMatch(/exports no manager/)
  })

  it('reads the secret from a file, one per line', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sojourn-cli-'))
    await writeFile(join(folder, 'secret'), `${SECRET}\n`)
    const argv = ['describe', '--store', 'postgres://127.0.0.1:1/x', '--secret-file', join(folder, 'secret')]
    const cwd = new URL('../', import.meta.url).pathname
    expect(await sojourn(argv, { cwd })).toMatchObject({ code: 0, error: '' })
    await writeFile(join(folder, 'secret'), 'short\n')
    expect(await sojourn(argv, { cwd })).toMatchObject({
      code: 1,
      error: expect.stringMatching(/^secret.*has 5 bytes/),
    })
    await rm(folder, { recursive: true })
  })

  it('says that a store is down, also if explain reads a row', async () => {
    const store = flakyStore(memoryStore())
    const site = siteOn(store)
    const { cookie } = await site.visit(undefined, (session) => session.login('ada'))
    store.next('read', 'throw', Number.POSITIVE_INFINITY)
    use(site.sessions)
    expect((await sojourn(['explain', ...CONFIG], { stdin: cookie! })).error).toMatch(
      /does not answer \(the store is down\)/,
    )
  })
})

describe('a module that does not load in time', () => {
  it.each([
    [['explain']],
    [['list', 'ada']],
    [['revoke', 'AAAAAAAAAAAAAAAAAAAAAA']],
    [['revoke', '--all', 'ada']],
    [['describe']],
    [['check']],
    [['audit']],
  ])('ends the command %j with one line that says what to do', async (argv) => {
    const folder = await mkdtemp(join(tmpdir(), 'sojourn-cli-'))
    await writeFile(join(folder, 'waiting.mjs'), 'await new Promise(() => {})')
    const after = vi.fn(async () => {})
    const said = await sojourn([...argv, '--config', join(folder, 'waiting.mjs')], { stdin: 'x=1', after })
    await rm(folder, { recursive: true })
    expect(said).toMatchObject({ code: 1, out: '' })
    expect(said.error).toMatch(/waiting\.mjs has not loaded after 10 s: .*Check that this server runs/)
    expect(said.error).not.toContain('\n')
    expect(after.mock.calls).toEqual([[10_000]])
  })

  it('has its counterpart in a Redis that accepts a connection and does not answer', async () => {
    const sockets: Socket[] = []
    const server = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const after = async () => void (await once(server, 'connection'))
    const argv = ['check', '--store', `redis://127.0.0.1:${(server.address() as AddressInfo).port}`]
    const cwd = new URL('../', import.meta.url).pathname
    const said = await sojourn(argv, { cwd, env: { SESSION_SECRET: SECRET }, after })
    for (const socket of sockets) socket.destroy()
    server.close()
    expect(said).toMatchObject({ code: 1, out: '' })
    expect(said.error).toMatch(/^The store does not answer \(no answer within 10 s\): check that it runs/)
  })
})

describe('an id that begins with a hyphen', () => {
  it.each(['-bcdefghijklmnopqrstuA', '--cdefghijklmnopqrstuA'])('is no option: %s', async (id) => {
    use(siteOn(memoryStore()).sessions)
    const said = await sojourn(['revoke', id, ...CONFIG])
    expect(said).toMatchObject({ code: 1, error: expect.stringMatching(/no live session with this id/) })
  })
})

describe('output', () => {
  it('has colours for a terminal, and none without one or with NO_COLOR', async () => {
    const site = siteOn(memoryStore())
    use(site.sessions)
    const { cookie } = await site.visit(undefined, (session) => session.login('ada'))
    const explain = (more: object) => sojourn(['explain', ...CONFIG], { stdin: cookie!, ...more })
    expect((await explain({ isTTY: true })).out).toContain('\u001b[')
    for (const plain of [{}, { isTTY: true, env: { NO_COLOR: '1' } }])
      expect((await explain(plain)).out).not.toContain('\u001b')
  })

  it('passes no control character of a subject or a label to the terminal', async () => {
    const site = siteOn(memoryStore())
    use(site.sessions)
    const { cookie } = await site.visit(undefined, (session) => session.login('a\u001b[2Jda', { label: 'x\u0007' }))
    const { out } = await sojourn(['explain', ...CONFIG], { stdin: cookie! })
    for (const character of ['\u001b', '\u0007']) expect(out).not.toContain(character)
  })

  it('describe shows the policy, and where it is looser than a preset', async () => {
    use(siteOn(memoryStore()).sessions)
    expect((await sojourn(['describe', ...CONFIG])).out).toMatch(/timeouts {12}idle=900/)
    expect((await sojourn(['describe', '--preset', 'nistAal3', ...CONFIG])).out).toMatch(
      /warning .*looser than the 43200 s of nistAal3/,
    )
  })

  it.each<[string[], number, unknown]>([
    [['explain', ...CONFIG], 0, { outcome: 'none' }],
    [['list', 'ada', ...CONFIG], 0, []],
    [['revoke', '--all', 'ada', ...CONFIG], 0, { ended: 0 }],
    [['describe', ...CONFIG], 0, { store: 'memory' }],
    [['check', ...CONFIG], 0, { reachable: true }],
    [['audit', ...CONFIG], 0, { policy: { store: 'memory' } }],
    [['--version'], 0, expect.any(String)],
    [['--help'], 0, expect.stringMatching(/^sojourn <command>/)],
    [[], 2, expect.stringMatching(/^sojourn <command>/)],
    [['revoke', 'AAAAAAAAAAAAAAAAAAAAAA', ...CONFIG], 1, { error: expect.stringMatching(/no live session/) }],
    [['describe', '--config', 'absent.js'], 1, { error: expect.stringMatching(/absent\.js does not load/) }],
    [['explan'], 2, { error: expect.stringMatching(/no command explan/) }],
    [['list', '--confg', 'x'], 2, { error: expect.stringMatching(/Unknown option '--confg'/) }],
    [['list', '--secret', 'hunter2'], 2, { error: expect.not.stringContaining('hunter2') }],
  ])('is one JSON value with --json: %j', async (argv, expected, value) => {
    use(siteOn(memoryStore()).sessions)
    const { code, out, error } = await sojourn([...argv, '--json'], { stdin: 'x=1' })
    const given = JSON.parse(out)
    expect([code, [given]]).toMatchObject([expected, [value]])
    // A person who reads the terminal sees the failure too.
    expect(error).toBe(given.error ?? '')
  })

  it('is text for a subject that has the name of the option', async () => {
    use(siteOn(memoryStore()).sessions)
    expect(await sojourn(['list', ...CONFIG, '--', '--json'])).toMatchObject({
      code: 0,
      out: 'This subject has no live session in this application.',
    })
  })

  it('names the session of each cookie, if several came', async () => {
    const site = siteOn(memoryStore())
    use(site.sessions)
    const [one, two] = [
      await site.visit(undefined, (each) => each.login('ada')),
      await site.visit(undefined, (each) => each.login('ada')),
    ]
    const { out } = await sojourn(['explain', ...CONFIG], { stdin: `${one.cookie}; ${two.cookie}` })
    expect(out).toMatch(/^malformed \(duplicate\)/)
    for (const { session } of [one, two]) expect(out).toContain(`resumed, session ${session.id}: The cookie has`)
    expect(out).toContain('The subject has no other session.')
  })

  it('prints help that names every command, and the version', async () => {
    const { code, out } = await sojourn(['--help'])
    expect(code).toBe(0)
    for (const name of ['explain', 'list', 'revoke', 'describe', 'check', 'audit']) expect(out).toContain(`\n  ${name}`)
    const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'))
    expect((await sojourn(['--version'])).out).toBe(version)
  })
})
