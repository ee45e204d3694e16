import { randomUUID } from 'node:crypto'
import { isSessionError, type TimeLimit } from '@sojourn/session-core'
import type { SealedRow, SealedRows } from '@sojourn/session-core/rows'
import { unwrap, wrap } from './wrapped'

/** Who has claimed an old session, and what has followed it. */
export interface Claim {
  readonly row: SealedRow
  /** The successor that the claim has decided. Undefined for a session that was ended before it was imported. */
  readonly successor: string | undefined
  /** When it was claimed, epoch ms. */
  readonly since: number
  /** Whether its session has begun: if that is gone, it has ended. */
  readonly begun: boolean
}

/** What was done to a subject, epoch ms. */
interface Mark {
  readonly revoked?: number
  readonly logout?: number
}

/** Claims on old sessions and marks of subjects, as rows beside the sessions. They are kept as long as the import is open. */
export class Claims {
  constructor(
    private readonly rows: SealedRows,
    private readonly now: () => number,
  ) {}

  /** The same, within the time limit of a request. */
  within(limit: TimeLimit): Claims {
    return new Claims(this.rows.within(limit), this.now)
  }

  call<T>(operation: string, run: () => Promise<T>): Promise<T> {
    return this.rows.call(operation, '', run)
  }

  async find(source: string, key: string): Promise<Claim | undefined> {
    const row = await this.rows.find(await this.idOf(source, key))
    if (!row) return undefined
    const { wrapped, nonce, begun } = row.data as { wrapped?: string; nonce?: string; begun?: boolean }
    const successor = wrapped === undefined ? undefined : unwrap(wrapped, key, nonce!)
    return { row, successor, since: row.createdAt, begun: begun === true }
  }

  /** Claims a session for a successor, or for none. Yields the claim of another request if that came first. */
  async claim(source: string, key: string, successor: string | undefined, until: number): Promise<Claim | undefined> {
    const nonce = randomUUID()
    const data = successor === undefined ? {} : { wrapped: wrap(successor, key, nonce), nonce }
    const row = await this.rows.create(await this.idOf(source, key), { data, lifetime: until - this.now() })
    return row ? { row, successor, since: row.createdAt, begun: false } : this.find(source, key)
  }

  /** Notes that the session has begun. */
  async begun({ row }: Claim): Promise<void> {
    await this.rows.change(row, ({ data, ...newest }) => ({ ...newest, data: { ...data, begun: true } }))
  }

  /** Leaves the claim without a successor: its session was ended before it began. */
  async close({ row }: Claim): Promise<void> {
    await this.rows.change(row, (newest) => ({ ...newest, data: {} })).catch(ifEnded)
  }

  /** Marks a subject. */
  async mark(subject: string, because: keyof Mark, until: number): Promise<void> {
    const id = await this.markOf(subject)
    const data = { [because]: this.now() }
    const created = await this.rows.create(id, { data, lifetime: until - this.now() })
    const row = created ? undefined : await this.rows.find(id)
    if (row) await this.rows.change(row, (newest) => ({ ...newest, data: { ...newest.data, ...data } }))
  }

  async marksOf(subject: string): Promise<Mark> {
    return (await this.rows.find(await this.markOf(subject)))?.data ?? {}
  }

  private idOf(source: string, key: string): Promise<string> {
    return this.rows.idOf(JSON.stringify(['claim', source, key]))
  }

  private markOf(subject: string): Promise<string> {
    return this.rows.idOf(JSON.stringify(['mark', subject]))
  }
}

/** Turns the end of a session into undefined. */
export function ifEnded(error: unknown): undefined {
  if (!isSessionError(error, 'ERR_SESSION_ENDED')) throw error
}
