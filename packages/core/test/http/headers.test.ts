import { createSessionManager } from '@sojourn/session-core'
import { fakeCarrier, fakeClock } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { withDefaults } from '../helpers/raw-request'

/** What a header says after a login, where the application had said `lines`. */
async function afterLogin(name: string, lines: string[]): Promise<string[]> {
  const sessions = createSessionManager(withDefaults(fakeClock()))
  const carrier = fakeCarrier()
  if (lines.length > 0) carrier.setResponseHeader(name, lines)
  const session = await sessions.open(carrier)
  await session.login('alice')
  await sessions.commit(session)
  const once = carrier.responseHeader(name)
  // An error path commits a second time.
  await sessions.commit(session)
  expect(carrier.responseHeader(name)).toEqual(once)
  return once
}

describe('Cache-Control of a response that sets a session cookie', () => {
  it.each<[string[], string]>([
    [[], 'no-store'],
    [[''], 'no-store'],
    [[', ,'], 'no-store'],
    [['no-store'], 'no-store'],
    [['No-Store, max-age=0'], 'max-age=0, no-store'],
    [['public'], 'no-store'],
    [['PUBLIC, max-age=3600'], 'max-age=3600, no-store'],
    [['s-maxage=600'], 'no-store'],
    [['S-MaxAge = 600 , private'], 'private, no-store'],
    [['s-maxage="600"'], 'no-store'],
    [['must-understand, no-store'], 'no-store'],
    [['Must-Understand, max-age=60'], 'max-age=60, no-store'],
    [['private, max-age=0, must-revalidate'], 'private, max-age=0, must-revalidate, no-store'],
    [['max-age=1', 'public', 'immutable'], 'max-age=1, immutable, no-store'],
    [['private="set-cookie, x-user", public'], 'private="set-cookie, x-user", no-store'],
    [['no-cache="public, s-maxage=1"'], 'no-cache="public, s-maxage=1", no-store'],
    [['ext="a\\", public", public'], 'ext="a\\", public", no-store'],
    [['publicity, s-maxage-like=1, x=public'], 'publicity, s-maxage-like=1, x=public, no-store'],
  ])('is no-store if the application sets %j', async (lines, expected) => {
    expect(await afterLogin('Cache-Control', lines)).toEqual([expected])
  })

  it('is no-store, with nothing that weakens it, if the application leaves a quote open', async () => {
    const [line] = await afterLogin('Cache-Control', ['private="a, public, s-maxage=5'])
    expect(line).toMatch(/, no-store$/)
    expect(line).not.toMatch(/(?:^|, )(?:public|s-maxage)/)
  })
})

describe.each([
  'CDN-Cache-Control',
  'Surrogate-Control',
  'Cloudflare-CDN-Cache-Control',
  'Netlify-CDN-Cache-Control',
  'Vercel-CDN-Cache-Control',
])('%s of a response that sets a session cookie', (name) => {
  it('is no-store if the application sets it, and absent otherwise', async () => {
    expect(await afterLogin(name, ['public, max-age=600'])).toEqual(['no-store'])
    expect(await afterLogin(name, [])).toEqual([])
  })
})

describe('Vary of a response whose handler uses the session', () => {
  it.each<[string[], string[]]>([
    [[], ['Cookie']],
    [[''], ['Cookie']],
    [['Accept'], ['Accept, Cookie']],
    [['Accept , Origin'], ['Accept, Origin, Cookie']],
    [['Accept', 'Origin, Accept-Language'], ['Accept, Origin, Accept-Language, Cookie']],
    [['Cookie'], ['Cookie']],
    [['Accept, cOOKIE'], ['Accept, cOOKIE']],
    [
      ['Accept', 'cookie'],
      ['Accept', 'cookie'],
    ],
    [['*'], ['*']],
    [['Accept, *'], ['Accept, *']],
    [['Cookie2, X-Cookie, Set-Cookie'], ['Cookie2, X-Cookie, Set-Cookie, Cookie']],
  ])('contains Cookie once if the application sets %j', async (lines, expected) => {
    expect(await afterLogin('Vary', lines)).toEqual(expected)
  })
})
