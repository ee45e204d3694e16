import { describe, expect, it } from 'vitest'
import { migrationSql, postgresRevocations, postgresStore } from '../src'

describe('names of tables', () => {
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
