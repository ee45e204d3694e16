import type { ImportedContent, ImportedSession, ImportRequest, ImportResult } from '../config/session-import'
import { isSessionError } from '../errors'
import type { HttpCarrier } from '../http/carrier'
import { addSetCookie, forbidStoring } from '../http/headers'
import type { RequestCookies } from '../http/withheld'
import type { Deadline } from '../persistence/deadline'
import type { ClaimableSessions, LoadedSession } from '../persistence/persistence'
import type { Change, Edits } from '../record/changes'
import { withHash } from '../record/secrets'
import { formatToken, newId } from '../record/token'
import { checkJson } from '../seal/json'
import { bindTo } from './binding'
import type { Engine, RequestState } from './state'

/**
 * Goes on with a session of another library. Only where no cookie of ours came at all, not even the marker: a dead one of ours
 * counts, or a logout would be undone.
 */
export async function openImported(
  engine: Engine,
  carrier: HttpCarrier,
  { session, remember, marker }: RequestCookies,
  deadline: Deadline,
): Promise<ImportResult<LoadedSession> | undefined> {
  const { importer, persistence } = engine
  const cookies = carrier.requestHeader('cookie')
  if (!importer || !persistence.claimable || !cookies || marker?.received) return undefined
  if (session.values().length > 0 || (remember?.values().length ?? 0) > 0) return undefined
  return importer.open(new Request(engine, persistence.claimable, carrier, cookies, deadline))
}

/** A login or a logout: no old cookie of this request can log anyone in later. */
export async function dismissOld(state: RequestState, deadline: Deadline): Promise<void> {
  const { importer } = state.engine
  const cookies = state.carrier.requestHeader('cookie')
  if (importer && cookies) state.clearForeign = await importer.dismiss(cookies, deadline)
}

/** A logout: a copy of the session's old cookie begins no other one, even if the old library has changed it since. */
export async function refuseOld(
  { audience, engine }: RequestState,
  session: LoadedSession | undefined,
  deadline: Deadline,
): Promise<void> {
  const subject = session?.record.audiences.get(audience)?.subject
  if (subject !== undefined) await engine.importer?.refuse(subject, 'logout', deadline)
}

/** Clears old cookies. */
export function clearForeign({ carrier, clearForeign }: RequestState): void {
  if (clearForeign.length === 0) return
  for (const line of clearForeign) addSetCookie(carrier, line)
  forbidStoring(carrier)
}

/** One request, as an import sees it. */
class Request implements ImportRequest<LoadedSession> {
  constructor(
    private readonly engine: Engine,
    private readonly sessions: ClaimableSessions,
    private readonly carrier: HttpCarrier,
    readonly cookies: string,
    readonly limit: Deadline,
  ) {}

  async issue(): Promise<string> {
    return formatToken(await this.sessions.tokens.issue(newId(this.engine.context.options.random), 1))
  }

  async begin(successor: string, content: ImportedContent): Promise<ImportedSession<LoadedSession> | undefined> {
    const { context } = this.engine
    const token = await this.tokenOf(successor)
    const bound = content.subject === undefined ? undefined : await bindTo(this.carrier, context.options.bind)
    const begun =
      token && (await this.sessions.claim(token, context.now(), changeOf(content, bound), this.limit).catch(ifRefused))
    if (begun) {
      context.report({ type: 'imported', id: begun.record.id }, begun.record)
      return this.imported(begun)
    }
    const resumed = await this.resume(successor)
    return resumed === 'absent' ? undefined : resumed
  }

  async resume(successor: string): Promise<ImportedSession<LoadedSession> | 'absent' | undefined> {
    const token = await this.tokenOf(successor)
    const session = token && (await this.sessions.resume(token, this.limit))
    if (session === undefined || session === 'absent') return session
    return this.imported({ ...session, newToken: session.newToken ?? successor })
  }

  async end({ session }: ImportedSession<LoadedSession>): Promise<void> {
    await this.engine.persistence.end(session.record, this.limit)
  }

  private imported(session: LoadedSession): ImportedSession<LoadedSession> {
    const { id, audiences } = session.record
    return { id, confirmed: !audiences.get(this.engine.context.options.audience)?.unconfirmed, session }
  }

  private async tokenOf(successor: string) {
    const token = await this.sessions.tokens.verify(successor)
    return typeof token === 'string' ? undefined : withHash(token, false)
  }
}

/** @throws SessionUsageError `ERR_SESSION_NOT_SERIALIZABLE` for data that `session.data` could not hold. */
function changeOf({ subject, data, endsAt }: ImportedContent, bound: (Change & { kind: 'import' })['bound']): Change {
  for (const [key, value] of Object.entries(data)) checkJson(value, `session.data.${key}`)
  const edits: Edits = new Map(Object.entries(data))
  return { kind: 'import', subject, endsAt, bound, edits, label: undefined, keep: undefined, series: undefined }
}

/** No login was asked for, so a limit is no error here. */
function ifRefused(error: unknown): undefined {
  if (!isSessionError(error, 'ERR_SESSION_LIMIT')) throw error
}
