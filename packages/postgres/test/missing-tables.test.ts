import { PGlite } from '@electric-sql/pglite'
import { createSessionManager } from '@sojourn/session-core'
import { fakeCarrier } from '@sojourn/session-testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrate, postgresRevocations, postgresStore } from '../src'

describe('a database without the tables', () => {
  let database: PGlite
  beforeAll(async () => {
    database = await PGlite.create()
  })
  afterAll(() => database.close())

  const saysWhatToDo = {
    message: expect.stringMatching(/does not exist: run migrate\(pool\) before the server starts/),
    code: '42P01',
    cause: expect.objectContaining({ code: '42P01' }),
  }

  it('rejects every call with an error that says what to do', async () => {
    const store = postgresStore(database, { table: 'nowhere' })
    const revocations = postgresRevocations(database, { table: 'nowhere' })
    await expect(store.read('a')).rejects.toMatchObject(saysWhatToDo)
    await expect(store.delete('a')).rejects.toMatchObject(saysWhatToDo)
    await expect(store.holders('a')).rejects.toMatchObject(saysWhatToDo)
    await expect(store.listBySubject('a', { limit: 1 })).rejects.toMatchObject(saysWhatToDo)
    await expect(store.deleteExpired(1, 1)).rejects.toMatchObject(saysWhatToDo)
    await expect(revocations.read(['a'])).rejects.toMatchObject(saysWhatToDo)
    await expect(postgresStore(database, { schema: 'nowhere' }).read('a')).rejects.toMatchObject(saysWhatToDo)
  })

  it('is named in the stack of the request’s error, and not in its message', async () => {
    const sessions = createSessionManager({
      secret: 'a secret of more than thirty-two bytes',
      store: postgresStore(database, { table: 'nowhere' }),
    })
    const session = await sessions.open(fakeCarrier({}))
    const error = (await session.login('ada').catch((reason) => reason)) as Error
    expect(error).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', cause: saysWhatToDo })
    expect(error.stack).toContain('run migrate(pool)')
    expect(error.message).not.toContain('migrate')
  })

  it('works once it was migrated, and passes other errors on', async () => {
    const store = postgresStore(database)
    await expect(store.read('a')).rejects.toMatchObject(saysWhatToDo)
    await migrate(database)
    expect(await store.read('a')).toBe(null)
    const broken = postgresStore({ query: () => Promise.reject(Object.assign(new Error('no'), { code: '57P01' })) })
    await expect(broken.read('a')).rejects.toThrow(/^no$/)
  })
})
