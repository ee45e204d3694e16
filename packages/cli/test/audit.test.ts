import { readdir, readFile } from 'node:fs/promises'
import { audit, auditMarkdown } from '@sojourn/session-cli'
import {
  createSessionManager,
  memoryRevocations,
  memoryStore,
  type SessionManagerOptions,
  type SessionOptions,
} from '@sojourn/session-core'
import { describe, expect, it } from 'vitest'
import { use } from './support/sessions'
import { SECRET, sojourn } from './support/terminal'

const auditOf = (options: Partial<SessionOptions> = {}) =>
  audit(createSessionManager({ secret: SECRET, ...options } as SessionManagerOptions).describe())
const verdicts = (options: Partial<SessionOptions> = {}) =>
  new Map(auditOf(options).requirements.map(({ id, verdict }) => [id, verdict]))
const store = memoryStore()

describe('the audit', () => {
  it('has every requirement of V7, each once, and of the other two standards', () => {
    const ids = auditOf().requirements.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.filter((id) => id.startsWith('7.'))).toHaveLength(19)
    for (const id of ['3.3.1', '3.3.2', '3.3.3', '3.3.4', '3.3.5', 'AAL1 overall', 'AAL2 inactivity', 'AAL3 overall'])
      expect(ids).toContain(id)
  })

  it('says the same as docs/asvs.md about the default options with a store', async () => {
    const page = await readFile(new URL('../../../docs/asvs.md', import.meta.url), 'utf8')
    const rows = page
      .split('\n')
      .filter((line) => line.startsWith('| 7.'))
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .map(([, id, level, asks, verdict]) => ({ id, level: Number(level), asks, verdict }))
    const own = auditOf({ store }).requirements.filter(({ id }) => id.startsWith('7.'))
    expect(own.map(({ id, level, asks, verdict }) => ({ id, level, asks, verdict }))).toEqual(rows)
  })

  it('has its text in this package alone: core carries no requirement', async () => {
    const core = new URL('../../core/src/', import.meta.url)
    const files = (await readdir(core, { recursive: true })).filter((name) => name.endsWith('.ts'))
    const source = (await Promise.all(files.map((name) => readFile(new URL(name, core), 'utf8')))).join('\n')
    expect(files.length).toBeGreaterThan(50)
    for (const { id, asks } of auditOf({ store }).requirements) expect(source.includes(asks), id).toBe(false)
  })

  it('leaves nothing unmet with a store and the limits of AAL3', () => {
    const timeouts = { idle: 900, rolling: 3600, absolute: 43_200 }
    expect([...verdicts({ store, timeouts })].filter(([, verdict]) => verdict === 'not met')).toEqual([])
  })

  it.each<[string, Partial<SessionOptions>, string[]]>([
    ['sealed cookies without revocations', {}, ['7.2.4', '7.4.1', '5.1 logout', 'AAL3 overall']],
    ['sealed cookies with revocations', { revocations: memoryRevocations() }, ['AAL3 overall']],
    [
      'no idle clock',
      { store, timeouts: { idle: 0 } },
      ['7.3.1', 'AAL2 inactivity', 'AAL3 overall', 'AAL3 inactivity'],
    ],
    [
      'no absolute clock',
      { store, timeouts: { absolute: 0 } },
      ['7.3.2', '5.2 reauthentication', 'AAL1 overall', 'AAL2 overall', 'AAL3 overall'],
    ],
    [
      'a cookie for plain http',
      { store, cookie: { name: 'session', secure: false } },
      ['3.3.1', '3.3.3', '5.1 transport', 'AAL3 overall'],
    ],
    ['a cookie that scripts read', { store, cookie: { httpOnly: false } }, ['3.3.4', '5.1.1 scripts', 'AAL3 overall']],
    [
      'a cookie without SameSite',
      { store, cookie: { sameSite: 'default' } },
      ['3.3.2', '5.1.1 SameSite', 'AAL3 overall'],
    ],
  ])('computes what is not met from the configuration: %s', (_, options, unmet) => {
    const found = [...verdicts(options)].filter(([, verdict]) => verdict === 'not met').map(([id]) => id)
    expect(found.sort()).toEqual(unmet.sort())
  })

  it('leaves to the application what it shares or relaxes on purpose', () => {
    const cookie = { name: '__Secure-session', domain: 'example.com', sameSite: 'none' as const }
    const found = verdicts({ store, cookie })
    for (const id of ['3.3.2', '3.3.3', '5.1.1 scope']) expect(found.get(id), id).toBe('application')
  })

  it('is Markdown in the terminal, and JSON if that is asked for', async () => {
    use(createSessionManager({ secret: SECRET, store }))
    const config = ['--config', 'test/support/sessions.ts']
    const { out } = await sojourn(['audit', ...config])
    expect(out).toBe(auditMarkdown(auditOf({ store })))
    expect(out).toMatch(/## NIST SP 800-63B-4\n\n\| requirement \|/)
    expect(out).not.toContain(SECRET)
    expect(JSON.parse((await sojourn(['audit', '--json', ...config])).out).requirements).toHaveLength(
      auditOf().requirements.length,
    )
  })
})
