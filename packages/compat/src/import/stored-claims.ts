import { randomUUID } from 'node:crypto'
import { isSessionError } from '@sojourn/session-core'
import type { SealedRow, SealedRows } from '@sojourn/session-core/rows'
import { own } from '#check'
import type { Claim, Claimable, Claims, Mark } from './claims'
import { unwrap, wrap } from './wrapped'

interface StoredClaim extends Claim {
  readonly row: SealedRow
}

/** Claims and marks as rows beside the sessions. */
export class StoredClaims implements Claims {
  constructor(
    private readonly rows: SealedRows,
    private readonly now: () => number,
  ) {}

  call<T>(operation: string, run: () => Promise<T>): Promise<T> {
    return this.rows.call(operation, '', run)
  }

  async find(source: string, key: string): Promise<StoredClaim | undefined> {
    const row = await this.rows.find(await this.idOf(source, key))
    if (!row) return undefined
    const { wrapped, nonce, begun } = own<{ wrapped?: string; nonce?: string; begun?: boolean }>(row.data)
    const successor = wrapped === undefined ? undefined : unwrap(wrapped, key, nonce!)
    return { row, successor, since: row.createdAt, begun: begun === true }
  }

  async claim({ source, key, until }: Claimable, successor: string | undefined): Promise<StoredClaim | undefined> {
    const nonce = randomUUID()
    const data = successor === undefined ? {} : { wrapped: wrap(successor, key, nonce), nonce }
    const row = await this.rows.create(await this.idOf(source, key), { data, lifetime: until - this.now() })
    return row ? { row, successor, since: row.createdAt, begun: false } : this.find(source, key)
  }

  begun({ row }: StoredClaim): Promise<unknown> {
    return this.rows
      .change(row, ({ data, ...newest }) => ({ ...newest, data: { ...data, begun: true } }))
      .catch(ifEnded)
  }

  close({ row }: StoredClaim): Promise<unknown> {
    return this.rows.change(row, (newest) => ({ ...newest, data: {} })).catch(ifEnded)
  }

  async mark(subject: string, because: keyof Mark, until: number): Promise<void> {
    const id = await this.markOf(subject)
    const data = { [because]: this.now() }
    const created = await this.rows.create(id, { data, lifetime: until - this.now() })
    const row = created ? undefined : await this.rows.find(id)
    if (row) await this.rows.change(row, (newest) => ({ ...newest, data: { ...newest.data, ...data } }))
  }

  async marksOf(subject: string): Promise<Mark> {
    const row = await this.rows.find(await this.markOf(subject))
    return own<Mark>(row?.data ?? {})
  }

  private idOf(source: string, key: string): Promise<string> {
    return this.rows.idOf(JSON.stringify(['claim', source, key]))
  }

  private markOf(subject: string): Promise<string> {
    return this.rows.idOf(JSON.stringify(['mark', subject]))
  }
}

/** Turns the end of a row into undefined. */
function ifEnded(error: unknown): undefined {
  if (!isSessionError(error, 'ERR_SESSION_ENDED')) throw error
}
