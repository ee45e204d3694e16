import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  createSessionManager,
  memoryRevocations,
  memoryStore,
  type SessionManager,
  type SessionManagerOptions,
} from '@sojourn/session-core'
import { CookieJar, fakeCarrier, fakeClock, parseSetCookie, seededRandom } from '@sojourn/session-testing'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { kongSession } from '../../src/kong/index'
import { SECRET } from '../helpers/browser'

/** Names that JavaScript itself, or Node, reads from Object.prototype: polluting them breaks every program. */
const LANGUAGE = new Set([
  ...['then', 'toJSON', 'constructor', 'get', 'set', 'value', 'writable', 'enumerable', 'configurable'],
  ...Object.getOwnPropertyNames(Object.prototype),
])

/** All names of members that core's source declares or reads: options, parameters, results, internal members. */
function memberNames(): string[] {
  const root = fileURLToPath(new URL('../../src/', import.meta.url))
  const names = new Set<string>()
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node)) names.add(node.name.text)
    const named = node as ts.Node & { name?: ts.Node; propertyName?: ts.Node }
    for (const name of [named.name, named.propertyName]) {
      if (name && (ts.isIdentifier(name) || ts.isStringLiteral(name)) && !ts.isImportSpecifier(node))
        names.add(name.text)
    }
    if (ts.isStringLiteral(node) && /^[a-z]\w*$/i.test(node.text)) names.add(node.text)
    ts.forEachChild(node, visit)
  }
  for (const file of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || /platform-web/.test(file)) continue
    visit(ts.createSourceFile(file, readFileSync(root + file, 'utf8'), ts.ScriptTarget.Latest))
  }
  return [...names].filter((name) => !LANGUAGE.has(name)).sort()
}

async function polluted<T>(names: string[], value: unknown, run: () => Promise<T>): Promise<T> {
  for (const name of names) {
    Object.defineProperty(Object.prototype, name, { value, configurable: true, writable: true, enumerable: false })
  }
  try {
    return await run()
  } finally {
    for (const name of names) delete (Object.prototype as Record<string, unknown>)[name]
  }
}

type Manager = SessionManager & Partial<Record<'list' | 'revoke' | 'revokeAll', (...args: never[]) => Promise<unknown>>>

/** What a visitor and an administrator see of a manager, without what is random. */
async function story(sessions: Manager): Promise<unknown[]> {
  const jar = new CookieJar()
  const seen: unknown[] = []
  const visit = async (handler: (session: Awaited<ReturnType<Manager['open']>>) => unknown = () => {}) => {
    const carrier = fakeCarrier({
      cookie: jar,
      method: 'GET',
      url: '/',
      secure: true,
      ip: '127.0.0.1',
      statusCode: 200,
      headers: {},
    })
    const session = await sessions.open(carrier, {})
    const result = await Promise.resolve(handler(session)).catch((error) => error.code ?? String(error))
    await Promise.resolve(sessions.commit(session)).catch((error) => seen.push(error.code ?? String(error)))
    jar.take(carrier.setCookies)
    const { outcome, subject, audience, isNew, data, remaining } = session
    const lines = carrier.setCookies.map((line) => {
      const { name, value, attributes } = parseSetCookie(line)
      return [name, value.length > 0, [...attributes]]
    })
    seen.push([outcome, subject, audience, isNew, { ...data }, { ...remaining }, lines, String(result)])
    return session
  }
  await visit()
  await visit((session) => {
    session.data.cart = ['tea']
  })
  await visit((session) => session.update('n', (n) => ((n as number) ?? 0) + 1))
  await visit((session) => session.login('ada'))
  const { id } = await visit((session) => session.regenerate())
  await visit((session) => session.touch())
  const administer = async (run: () => unknown) => {
    seen.push(
      await Promise.resolve()
        .then(run)
        .catch((error) => error.code ?? String(error)),
    )
  }
  await administer(async () => ((await sessions.list!('ada' as never)) as unknown[]).length)
  await visit((session) => session.logout())
  await visit((session) => session.login('bob', { label: 'phone' }))
  await administer(() => sessions.revokeAll!('bob' as never))
  await administer(() => sessions.revoke!(id as never))
  await visit()
  await visit((session) => session.destroy())
  seen.push(JSON.parse(JSON.stringify(sessions.describe())), { ...sessions.counters() })
  return seen
}

const clock = fakeClock()
const modes: [string, () => SessionManagerOptions][] = [
  ['a store', () => ({ secret: SECRET, store: memoryStore({ clock }), clock, random: seededRandom(1) })],
  ['the cookie', () => ({ secret: SECRET, revocations: memoryRevocations({ clock }), clock, random: seededRandom(2) })],
  ['Kong', () => kongSession({ secret: SECRET }, { clock, random: seededRandom(3) }).options],
]

/** Values that switch something on or off, where a member was expected to be absent. */
const VALUES = [0, true, () => ({})]

/** How many names are polluted at once. Only where that changes something, they are polluted one by one. */
const GROUP = 24

/** After so many faults the search ends. */
const ENOUGH = 20

const groupsOf = (names: string[]) =>
  Array.from({ length: Math.ceil(names.length / GROUP) }, (_, at) => names.slice(at * GROUP, (at + 1) * GROUP))

describe.each(modes)('Object.prototype polluted, sessions in %s', (_, options) => {
  it('no option and no internal member is read from it', async () => {
    const expected = JSON.stringify(await story(createSessionManager(options())))
    const changed: string[] = []
    const pollute = async (names: string[], value: unknown): Promise<void> => {
      const seen = await polluted(names, value, async () => story(createSessionManager(options())))
        .then(JSON.stringify)
        .catch((error: Error) => error.message)
      if (seen === expected || changed.length >= ENOUGH) return
      if (names.length > 1) for (const name of names) await pollute([name], value)
      const what = `${names.join(', ')} = ${String(value)}`
      // A group is reported too: its names may do together what none of them does alone.
      changed.push(`${what}: ${seen.startsWith('[') ? 'differs' : seen}`)
    }
    for (const value of VALUES) for (const group of groupsOf(memberNames())) await pollute(group, value)
    expect(changed).toEqual([])
  })
})
