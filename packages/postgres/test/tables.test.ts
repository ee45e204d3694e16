import { describe, expect, it } from 'vitest'
import { migrate, migrationSql, postgresRevocations, postgresStore } from '../src'

describe('what is not a database', () => {
  it('is refused at once, with what to pass', async () => {
    for (const stranger of [undefined, null, {}, 'postgres://127.0.0.1/app', { connectionString: '' }] as never[]) {
      expect(() => postgresStore(stranger)).toThrow(/^This is no database: pass a Pool of `pg`/)
      expect(() => postgresRevocations(stranger)).toThrow(/^This is no database/)
      await expect(migrate(stranger)).rejects.toThrow(/^This is no database/)
    }
  })
})

describe('names of tables', () => {
  it('are not taken from an option that does not exist', () => {
    const database = { query: () => Promise.reject(new Error('asked')) }
    const wrong = { tabel: 'mine' } as object
    const message = 'tabel: is not an option; known are schema, table, prepare'
    for (const make of [postgresStore, postgresRevocations] as ((...args: unknown[]) => unknown)[])
      expect(() => make(database, wrong)).toThrow(new TypeError(message))
    expect(() => migrationSql(wrong)).toThrow(new TypeError(message))
  })

  it('refuses a name that is no plain identifier, at construction, and names the option', () => {
    const database = { query: () => Promise.reject(new Error('asked')) }
    const hostile = ['', ' ', 'a b', 'a"b', "a'b", 'a;b', 'a.b', 'a$b', '1a', '-a', 'é', 'a\0', 'a\n', 'x'.repeat(64)]
    for (const name of [...hostile, null, 7] as string[]) {
      for (const make of [postgresStore, postgresRevocations] as ((...args: unknown[]) => unknown)[]) {
        expect(() => make(database, { table: name }), name).toThrow(/^table: must be a name .*/)
        expect(() => make(database, { schema: name }), name).toThrow(/^schema: must be a name .*/)
      }
      expect(() => migrationSql({ table: name }), name).toThrow(TypeError)
      expect(() => migrationSql({ schema: name }), name).toThrow(TypeError)
    }
    expect(() => migrationSql({ table: 'x'.repeat(41) })).toThrow(/at most 40/)
    expect(() => migrationSql({ table: 'auth.session' })).toThrow(/the schema is an option of its own/)
  })
})
