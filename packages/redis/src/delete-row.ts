import type { Send } from './client'
import { formatInstant } from './encoding'
import { unpackSubjectKeys } from './row'
import { DELETE } from './scripts'

/**
 * A client that lost its connection sends commands again, so a `create` may arrive twice, the second time after a logout. A
 * tombstone stays for as long as that row could have lived, and for at most an hour.
 */
const MAX_TOMBSTONE_MS = 3_600_000

/**
 * Deletes a row, if it has the packed subject key `part` or `part` is empty, and leaves a tombstone under its key. With `keepOut`, in
 * milliseconds, it leaves one for at least as long even if there is no such row. Resolves to the subject keys of the row, or to
 * undefined if there was none. `send` has to reply with bytes.
 */
export async function deleteRow(
  send: Send,
  key: string,
  part: Buffer | '',
  keepOut?: number,
): Promise<string[] | undefined> {
  const keep = keepOut === undefined ? '' : formatInstant(Math.ceil(keepOut))
  const words = await DELETE(send, key, [part, keep, String(MAX_TOMBSTONE_MS)])
  return words instanceof Buffer ? unpackSubjectKeys(words) : undefined
}
