import type { SessionEvent } from '@sojourn/session-core'
import { fakeCarrier } from '@sojourn/session-testing'
import { expect, it } from 'vitest'
import { coreOn, SIDES } from '../helpers/on-platform'

// WebCrypto hashes a subject asynchronously, Node at once.
it.each(SIDES)(
  'events arrive in the order in which they happened, and close waits for the last one: %s',
  async (side) => {
    const { createSessionManager } = await coreOn(side)
    const events: SessionEvent[] = []
    const sessions = createSessionManager({
      secret: 'a secret for tests, at least 32 bytes long',
      onEvent: (event) => events.push(event),
    })
    const session = await sessions.open(fakeCarrier())
    await session.login('ada')
    const rejected = sessions.open(fakeCarrier({ cookie: '__Host-session=Fe26.2*forged' }))
    await session.logout()
    await rejected
    await sessions.close()
    const types = events.map(({ type }) => type)
    expect(types.filter((type) => type !== 'rejected')).toEqual([
      'config-warning',
      'created',
      'login',
      'destroyed',
      'logout',
    ])
    expect(types).toContain('rejected')
    const keys = events.flatMap((event) => ('subjectKey' in event ? event.subjectKey : []))
    expect([keys.length, new Set(keys).size]).toEqual([4, 1])
  },
)
