import { describe, expect, it } from 'vitest'
import { migrate, migrationSql, postgresRevocations, postgresStore } from '../src'

describe('database', () => {
  it('throws at start-up for another value, and says what to pass', async () => {
    for (const value of [undefined, null, {}, 'postgres://127.0.0.1/app', { connectionString: '' }] as never[]) {
      expect(() => postgresStore(value)).toThrow(/^database: must be a Pool of `pg`/)
      expect(() => postgresRevocations(value)).toThrow(/^database: must be/)
      await expect(migrate(value)).rejects.toThrow(/^database: must be/)
    }
  })
})

describe('table options', () => {
  it('an unknown one throws at start-up', () => {
    const database = { query: () => Promise.reject(new Error('asked')) }
    const wrong = { tabel: 'mine' } as object
    const message = /^\w+\.tabel: is not an option; did you mean \w+\.table\?$/
    for (const make of [postgresStore, postgresRevocations] as ((...args: unknown[]) => unknown)[])
      expect(() => make(database, wrong)).toThrow(message)
    expect(() => migrationSql(wrong)).toThrow(message)
  })

  it('a name that is not allowed throws at start-up, and the error names the option', () => {
    const database = { query: () => Promise.reject(new Error('asked')) }
    const hostile = ['', ' ', 'a b', 'a"b', "a'b", 'a;b', 'a.b', 'a$b', '1a', '-a', 'é', 'a\0', 'a\n', 'x'.repeat(64)]
    for (const name of [...hostile, null, 7] as string[]) {
      for (const make of [postgresStore, postgresRevocations] as ((...args: unknown[]) => unknown)[]) {
        expect(() => make(database, { table: name }), name).toThrow(/^\w+\.table: must be a name .*/)
        expect(() => make(database, { schema: name }), name).toThrow(/^\w+\.schema: must be a name .*/)
      }
      expect(() => migrationSql({ table: name }), name).toThrow(/^migrationSql\.table: must/)
      expect(() => migrationSql({ schema: name }), name).toThrow(/^migrationSql\.schema: must/)
    }
    expect(() => migrationSql({ table: 'x'.repeat(41) })).toThrow(/at most 40/)
    expect(() => migrationSql({ table: 'auth.session' })).toThrow(/the schema is an option of its own/)
  })
})
