import type { HttpCarrier, SessionManager } from '@sojourn/session-core'
import { describe, expect, it } from 'vitest'
import { type CarrierApp, carrierSuite, serveOnLoopback, type TestRunner, transcriptDifferences } from '../src/index'
import { PlainAdapter, type Visit } from './plain-adapter'

type Adapter = new (app: CarrierApp) => PlainAdapter

const optionsFor = (Kind: Adapter) => ({
  name: 'a plain adapter',
  serve: (app: CarrierApp) => serveOnLoopback(new Kind(app).server()),
  lacks: { raw: 'it makes the whole answer first', guards: 'it has none' },
})

const { transcript } = carrierSuite({ describe, it, expect }, optionsFor(PlainAdapter))

/** The suite's tests by name; none of them has run. */
function testsOf(Kind: Adapter): Map<string, () => Promise<void>> {
  const tests = new Map<string, () => Promise<void>>()
  const titles: string[] = []
  const runner: TestRunner = {
    describe(title, body) {
      titles.push(title)
      body()
      titles.pop()
    },
    it: Object.assign(
      (sentence: string, body: () => Promise<void>) =>
        tests.set([...titles.slice(1), sentence].join(': ').replace(/^over /, ''), body),
      { skip: () => {} },
    ),
    expect,
  }
  carrierSuite(runner, optionsFor(Kind))
  return tests
}

/** The same adapter, with another carrier. */
const withCarrier = (change: (carrier: HttpCarrier, visit: Visit) => object): Adapter =>
  class extends PlainAdapter {
    override carrier(visit: Visit): HttpCarrier {
      const honest = super.carrier(visit)
      const changed = change(honest, visit)
      return new Proxy(honest, { get: (_, name) => Reflect.get(name in changed ? changed : honest, name) })
    }
  }

class CommitsAfterSending extends PlainAdapter {
  override async visit(visit: Visit) {
    try {
      for (const manager of this.app.sessions) await this.open(visit, manager)
      await this.handle(visit)
    } catch (error) {
      await this.fail(visit, error)
    }
    await this.send(visit)
    await this.commit(visit).catch(() => {})
  }
}

class WaitsForNothing extends PlainAdapter {
  override async commit(visit: Visit) {
    super.commit(visit).catch(() => {})
  }
}

class SwallowsErrors extends PlainAdapter {
  override async commit(visit: Visit) {
    await super.commit(visit).catch(() => {})
  }
}

class ForgetsCookiesOnErrors extends PlainAdapter {
  override async fail(visit: Visit, error: unknown) {
    visit.opened.length = 0
    await super.fail(visit, error)
  }
}

class HidesErrors extends PlainAdapter {
  override async fail(visit: Visit, error: unknown) {
    await super.fail(visit, { statusCode: Object(error).statusCode })
  }
}

class OpensInSpiteOfTheStore extends PlainAdapter {
  override async open(visit: Visit, manager: SessionManager) {
    await super.open(visit, manager).catch(async () => {
      visit.req.headers.cookie = ''
      await super.open(visit, manager)
    })
  }
}

class ClearsCookiesOfAStoreThatIsDown extends PlainAdapter {
  override async fail(visit: Visit, error: unknown) {
    await super.fail(visit, error)
    if (visit.opened.length === 0) visit.answer.headers.set('set-cookie', ['__Host-session=; Max-Age=0'])
  }
}

class LooksByItself extends PlainAdapter {
  override async handle(visit: Visit) {
    for (const { session } of visit.opened) void session.subject
    await super.handle(visit)
  }
}

class ForgetsWhichRequestItWas extends PlainAdapter {
  override async open(visit: Visit, manager: SessionManager) {
    visit.opened.push({ manager, session: await manager.open(this.carrier(visit)) })
  }
}

class GathersStreams extends PlainAdapter {
  override async commit(visit: Visit) {
    const { body } = visit.answer
    if (typeof body !== 'string') {
      const chunks: Uint8Array[] = []
      for await (const chunk of body) chunks.push(chunk)
      visit.answer.body = Buffer.concat(chunks).toString()
    }
    await super.commit(visit)
  }
}

/** Defects of an adapter, each with parts of the names of tests that must fail. */
const defects: Record<string, [Adapter, ...string[]]> = {
  'commits after the response': [CommitsAfterSending, 'before the store has received', 'a login sets one cookie'],
  'does not wait for the commit': [WaitsForNothing, 'before the store has received', 'a complete 503'],
  'continues after the commit has failed': [SwallowsErrors, 'a complete 503', 'that is not JSON'],
  'drops the session cookie on errors': [ForgetsCookiesOnErrors, 'a thrown 500 still carries', 'destroy, a thrown 500'],
  'hides errors from the framework': [HidesErrors, 'that is not JSON', 'mounted twice'],
  'opens an empty session if the store is down': [OpensInSpiteOfTheStore, 'failure at open'],
  'clears the cookie if the store is down': [ClearsCookiesOfAStoreThatIsDown, 'failure at open'],
  'uses every session by itself': [LooksByItself, 'does not use the session', 'and only then'],
  'opens without the request': [ForgetsWhichRequestItWas, 'mounted twice', 'holds the handle of the manager'],
  'buffers streams': [GathersStreams, 'a stream is not buffered while'],
  'does not see other cookies': [withCarrier(() => ({ responseHeader: () => [] })), 'other cookies keep'],
  'appends its headers instead of replacing them': [
    withCarrier((_, { answer }) => ({
      setResponseHeader: (name: string, values: string[]) =>
        answer.headers.set(name, [...(answer.headers.get(name) ?? []), ...values]),
    })),
    'other cookies keep',
    'keeps other Cache-Control directives',
  ],
  'joins its cookies into one line': [
    withCarrier((_, { answer }) => ({
      setResponseHeader: (name: string, values: string[]) => answer.headers.set(name, [values.join(', ')]),
    })),
    'other cookies keep',
  ],
  'reports status 200 for every response': [
    withCarrier(() => ({ statusCode: 200 })),
    '503 drops',
    'a due renewal is not sent',
  ],
  'never reports a disconnected client': [withCarrier(() => ({ aborted: false })), 'disconnected before its response'],
  'never reports that the headers are sent': [withCarrier(() => ({ headersSent: false })), 'a late login'],
  'reports every connection as secure': [withCarrier(() => ({ secure: true })), 'with 1 warnings'],
  'decodes cookies': [
    withCarrier(({ requestHeader }) => ({
      requestHeader: (name: string) =>
        requestHeader(name)?.replace(/%(\w\w)/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
    })),
    'with an invalid cookie is treated',
  ],
  'trims Unicode spaces': [
    withCarrier(({ requestHeader }) => ({
      requestHeader: (name: string) => requestHeader(name)?.replace(/\xa0/g, ''),
    })),
    'with an invalid cookie is treated',
  ],
  'loses the cookies': [withCarrier(() => ({ requestHeader: () => undefined })), 'is read by the next'],
}

describe('carrier suite', () => {
  for (const [defect, [Kind, ...parts]] of Object.entries(defects)) {
    it(`fails for an adapter that ${defect}`, async () => {
      const tests = [...testsOf(Kind)]
      for (const part of parts) {
        const [found] = tests.filter(([name]) => name.includes(part))
        await expect(found![1](), found![0]).rejects.toThrow()
      }
    })
  }
})

describe('transcript', () => {
  it('holds every test that ran, and equals its own copy', async () => {
    expect(Object.keys(transcript).sort()).toEqual([...testsOf(PlainAdapter).keys()].sort())
    expect(transcriptDifferences({ one: transcript, other: structuredClone(transcript) })).toEqual([])
  })

  it('numbers the tokens, and omits headers of the framework', async () => {
    const name = 'memory: session lifecycle: a login replaces the token and keeps the data'
    const cookie = (n: number) => `  set-cookie: __Host-session=<token ${n}>; Path=/; HttpOnly; Secure; SameSite=Strict`
    const headers = (n: number) => ['  cache-control: no-store', cookie(n), '  vary: cookie', '  {}']
    const shown = '{"outcome":"resumed","subject":"ann","data":{"cart":"tea"}}'
    expect(transcript[name]).toEqual([
      ['POST /put?cart=tea: 200', ...headers(1)].join('\n'),
      ['POST /login: 200', ...headers(2)].join('\n'),
      ['GET /show: 200', '  vary: cookie', `  ${shown}`].join('\n'),
    ])
  })

  it('shows where two adapters differ', async () => {
    const other = structuredClone(transcript)
    const [test] = Object.keys(other)
    other[test!] = ['GET /plain: 500']
    const [difference, ...rest] = transcriptDifferences({ one: transcript, other })
    expect([
      difference?.startsWith(`${test}\none:\n`),
      difference?.endsWith('\nother:\nGET /plain: 500'),
      rest,
    ]).toEqual([true, true, []])
  })

  it('compares a test that one adapter skipped among the others', async () => {
    expect(transcriptDifferences({ one: { a: ['1'], b: ['2'] }, two: { a: ['1'] }, three: { b: ['3'] } })).toEqual([
      'b\none:\n2\nthree:\n3',
    ])
  })
})
