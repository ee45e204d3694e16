import { mkdir, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { SessionStore } from '@sojourn/session-core'
import { storeSuite } from '@sojourn/session-testing'
import sqlite from 'node-sqlite3-wasm'
import { afterAll, describe, expect, it } from 'vitest'
import { readPages } from '../../pages'

const file = fileURLToPath(new URL('.page/custom-store.ts', import.meta.url))
const page = (await readPages()).find(({ path }) => path === 'docs/custom-store.md')!

await mkdir(new URL('.page/', import.meta.url), { recursive: true })
await writeFile(file, page.blocks.find(({ language }) => language === 'ts')!.code)
const { sqliteStore } = (await import(/* @vite-ignore */ file)) as { sqliteStore(db: object): SessionStore }
afterAll(() => rm(file))

/** SQLite without native code, with the members that better-sqlite3 and node:sqlite share. */
function openDatabase() {
  const db = new sqlite.Database(':memory:')
  const prepare = (sql: string) => ({
    run: (...values: (string | number)[]) => db.run(sql, values),
    all: (...values: (string | number)[]) => db.all(sql, values),
  })
  return { db: { exec: (sql: string) => db.exec(sql), prepare }, close: () => db.close() }
}

storeSuite(
  { describe, it, expect },
  {
    name: 'the store of docs/custom-store.md',
    open: async () => {
      const { db, close } = openDatabase()
      return { store: sqliteStore(db), close: async () => close() }
    },
    lacks: { SubjectLimit: 'this store does not keep the order of logins', corrupt: 'no other program writes there' },
  },
)
