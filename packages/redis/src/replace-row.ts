import type { StoredSession } from '@sojourn/session-core'
import { type Send, sendTo } from './client'
import { expiryOf } from './encoding'
import { packRow, packWord } from './row'
import { UPDATE } from './scripts'

/** The largest row that is compared as a whole. */
const MAX_COMPARED = 2048

/** How many updates use the script once a server has refused to compare. */
const UPDATES_UNTIL_NEXT_TRY = 10_000

/**
 * Makes the function that replaces a row if its version is that of `seen`.
 *
 * Where the server can (Valkey 8.1, Redis 8.4), it is one `SET … IFEQ`: the row has one form, so the bytes of `seen` are known. If
 * they are not the stored ones, the script decides by the version: a touch may have come in between. An older server refuses
 * the command and runs nothing. The script is used then, also for the next updates. After that the server is tried again:
 * it may have been upgraded, or be another node of a Cluster.
 */
export function rowReplacer(send: Send): (key: string, row: StoredSession, seen: StoredSession) => Promise<boolean> {
  let untilNextTry = 0

  async function isReplacedByComparing(key: string, row: StoredSession, old: Buffer): Promise<boolean> {
    try {
      return (await sendTo(send, 'set', key, packRow(row), 'ifeq', old, 'pxat', expiryOf(row))) === 'OK'
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('ERR ')) throw error
      untilNextTry = UPDATES_UNTIL_NEXT_TRY
      return false
    }
  }

  return async (key, row, seen) => {
    if (untilNextTry === 0) {
      const old = packRow(seen)
      const later = {
        touchedAt: Math.max(row.touchedAt, seen.touchedAt),
        expiresAt: Math.max(row.expiresAt, seen.expiresAt),
      }
      if (old.length <= MAX_COMPARED && (await isReplacedByComparing(key, { ...row, ...later }, old))) return true
    } else {
      untilNextTry--
    }
    const args = [packRow(row), packWord(seen.version), expiryOf(row)]
    return Number(await UPDATE(send, key, args)) === 1
  }
}
