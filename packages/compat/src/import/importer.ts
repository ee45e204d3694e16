import {
  type ImportedSession,
  type ImportRequest,
  type ImportResult,
  isSessionError,
  type SessionImporter,
  type TimeLimit,
} from '@sojourn/session-core'
import { own } from '#check'
import type { Claim, Claimable, Claims } from './claims'
import { type Imported, importedOf } from './imported'
import { clearLines, cookiesIn } from './old-cookies'
import type { OldCookie, SessionSource } from './source'

/** How long an old cookie leads to its successor at least, in milliseconds; longer if that has not come back. */
const GRACE = 60_000

/** The clock of another machine may be ahead by so much, in milliseconds. */
const MAX_AHEAD = 300_000

type Result<Session> = Omit<ImportResult<Session>, 'clear'> & { readonly keepsCookie?: boolean }

/** The import of one manager, by the rules of the decision record. */
export class Importer implements SessionImporter {
  constructor(
    private readonly sources: readonly SessionSource[],
    private readonly claims: (limit: TimeLimit) => Claims,
    private readonly now: () => number,
  ) {}

  get warnings(): string[] {
    const over = this.sources.filter(({ options }) => options.until <= this.now())
    return over.map(
      ({ name }) =>
        `The until of ${name} has passed, so its sessions are not imported, and their cookies are cleared: remove the source, or set a later until.`,
    )
  }

  async open<Session>(request: ImportRequest<Session>): Promise<ImportResult<Session> | undefined> {
    const cookies = cookiesIn(request.cookies)
    const claims = this.claims(request.limit)
    let first: ImportResult<Session> | undefined
    const clear: string[] = []
    const sources = this.sourcesOf(cookies)
    for (const [i, source] of sources.entries()) {
      const { keepsCookie, ...result } = own(await this.follow(source, cookies, claims, request))
      if (!keepsCookie) clear.push(...clearLines(source, cookies))
      first ??= { ...result, clear }
      if (result.outcome !== 'imported') continue
      // As with a login: no other old cookie can log anyone in later.
      for (const other of sources.slice(i + 1)) {
        await this.endOld(other, cookies, claims)
        clear.push(...clearLines(other, cookies))
      }
      return { ...result, clear }
    }
    return first
  }

  async dismiss(header: string, limit: TimeLimit): Promise<readonly string[]> {
    const cookies = cookiesIn(header)
    const sources = this.sourcesOf(cookies)
    for (const source of sources) await this.endOld(source, cookies, this.claims(limit))
    return sources.flatMap((source) => clearLines(source, cookies))
  }

  async refuse(subject: string, because: 'revoked' | 'logout', limit: TimeLimit): Promise<void> {
    const concerned = because === 'revoked' ? this.sources : this.sources.filter(({ end }) => !end)
    const until = Math.max(0, ...concerned.map(({ options }) => options.until))
    if (until > this.now()) await this.claims(limit).mark(subject, because, until)
  }

  private sourcesOf(cookies: ReadonlyMap<string, string>): SessionSource[] {
    return this.sources.filter((source) => source.names(cookies).length > 0)
  }

  /** What comes of the cookies of one source. */
  private async follow<Session>(
    source: SessionSource,
    cookies: ReadonlyMap<string, string>,
    claims: Claims,
    request: ImportRequest<Session>,
  ): Promise<Result<Session>> {
    if (this.now() >= source.options.until) return { outcome: 'unknown', skipped: 'until' }
    const old = await open(source, cookies, claims)
    if (!old) return { outcome: 'rejected' }
    const claim = await claims.find(source.name, old.key)
    if (claim?.begun && request.resume) return this.resume(claim, claims, request)
    const content = await this.read(source, old, claims)
    if (typeof content === 'string') {
      // Another request may have imported it since, and have ended it at its source.
      const later = await claims.find(source.name, old.key)
      if (later) return this.resume(later, claims, request)
      // A function of the options has thrown. Nothing is lost: the cookie stays, and the mended function lets it in.
      if (content === 'failed') return { outcome: 'rejected', keepsCookie: true }
      return content === 'rejected' ? { outcome: content } : { outcome: 'unknown', skipped: content }
    }
    if (await this.isRefused(content, source, claims)) return this.refused(source, old, claims)
    const claimed = claim ?? (await claims.claim(claimable(source, old, content), await request.issue()))
    if (!claimed) return { outcome: 'unknown', skipped: 'ended' }
    if (claimed.begun && request.resume) return this.resume(claimed, claims, request)
    return this.begin(source, old, content, claimed, claims, request)
  }

  /** Begins the session of a claim, or finds it. The old one ends before its token is handed out. */
  private async begin<Session>(
    source: SessionSource,
    old: OldCookie,
    content: Imported,
    claim: Claim,
    claims: Claims,
    request: ImportRequest<Session>,
  ): Promise<Result<Session>> {
    if (claim.successor === undefined) return { outcome: 'unknown', skipped: 'ended' }
    try {
      const imported = await request.begin(claim.successor, content, claim.since)
      if (!imported) return { outcome: 'rejected' }
      if (this.isReused(claim, imported)) return { outcome: 'reused', imported }
      // Again: a `revokeAll` may have come between the two.
      if (await this.isRefused(content, source, claims)) {
        await request.end(imported)
        return await this.refused(source, old, claims)
      }
      await end(source, old, claims)
      await claims.begun(claim)
      return { outcome: 'imported', imported }
    } catch (error) {
      if (!isSessionError(error, 'ERR_SESSION_TOO_LARGE') && !isSessionError(error, 'ERR_SESSION_NOT_SERIALIZABLE'))
        throw error
      // Nothing is lost: a larger `maxBytes`, or less from the option `data`, lets it in.
      return { outcome: 'rejected', keepsCookie: true }
    }
  }

  /** The session that an earlier request has begun. */
  private async resume<Session>(
    claim: Claim,
    claims: Claims,
    request: ImportRequest<Session>,
  ): Promise<Result<Session>> {
    const imported = claim.successor === undefined ? undefined : await request.resume?.(claim.successor)
    if (!imported || imported === 'absent') return { outcome: 'unknown', skipped: 'ended' }
    if (this.isReused(claim, imported)) return { outcome: 'reused', imported }
    if (!claim.begun) await claims.begun(claim)
    return { outcome: 'imported', imported }
  }

  /** Whether an old cookie has come back later than a lost answer explains. */
  private isReused({ since }: Claim, { confirmed }: ImportedSession<unknown>): boolean {
    return confirmed && this.now() > since + GRACE
  }

  private async read(source: SessionSource, old: OldCookie, claims: Claims) {
    const session = await claims.call('read an old session', async () => old.read())
    if (!session) return source.end ? 'absent' : 'rejected'
    const { data, endsAt, issuedAt } = own(session)
    // Own members only: a `user` of Object.prototype is logged in nowhere.
    return importedOf({ data: own(data), endsAt, issuedAt }, source.options, this.now())
  }

  private async isRefused({ subject, issuedAt }: Imported, { end }: SessionSource, claims: Claims): Promise<boolean> {
    if (subject === undefined) return false
    const { revoked, logout } = await claims.marksOf(subject)
    if (revoked !== undefined) return true
    // An old process may have made the cookie of one session again, under another key.
    return !end && logout !== undefined && !(issuedAt !== undefined && issuedAt > logout + MAX_AHEAD)
  }

  private async refused<Session>(source: SessionSource, old: OldCookie, claims: Claims): Promise<Result<Session>> {
    await end(source, old, claims)
    return { outcome: 'rejected' }
  }

  /** Ends a session that was not imported. */
  private async endOld(source: SessionSource, cookies: ReadonlyMap<string, string>, claims: Claims): Promise<void> {
    const { name, options } = source
    if (this.now() >= options.until) return
    const old = await open(source, cookies, claims)
    const claim = old && (await claims.find(name, old.key))
    if (!old || claim?.begun) return
    const content = source.end ? undefined : await this.read(source, old, claims)
    if (claim) await claims.close(claim)
    else await claims.claim(claimable(source, old, content), undefined)
    await end(source, old, claims)
    if (typeof content === 'object' && content.subject !== undefined) {
      await claims.mark(content.subject, 'logout', options.until)
    }
  }
}

/** What is ended at its source is owned for all that is known. */
const claimable = ({ name, end, options }: SessionSource, { key }: OldCookie, content: unknown): Claimable => ({
  source: name,
  key,
  until: options.until,
  isOwned: end !== undefined || (content as Partial<Imported> | undefined)?.subject !== undefined,
})

const open = (source: SessionSource, cookies: ReadonlyMap<string, string>, claims: Claims) =>
  claims.call('open an old session', async () => source.open(cookies))

async function end(source: SessionSource, { key }: OldCookie, claims: Claims): Promise<void> {
  if (source.end) await claims.call('end an old session', () => source.end!(key))
}
