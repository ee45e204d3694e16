import type { ImportedContent, ImportedSession, ImportRequest, ImportResult } from '../config/session-import'
import type { HttpCarrier } from '../http/carrier'
import { addSetCookie, forbidStoring } from '../http/headers'
import type { RequestCookies } from '../http/withheld'
import type { Deadline } from '../persistence/deadline'
import type { LoadedSession, Successors } from '../persistence/persistence'
import type { Edits, ImportChange } from '../record/changes'
import { checkJson } from '../seal/json'
import { bindTo } from './binding'
import type { Engine, RequestState } from './state'

/**
 * Goes on with a session of another library. Only where no cookie of ours came at all, not even the marker: a dead one of ours
 * counts, or a logout would be undone.
 */
export function openImported(
  engine: Engine,
  carrier: HttpCarrier,
  { session, remember, marker }: RequestCookies,
  deadline: Deadline,
): Promise<ImportResult<LoadedSession> | undefined> | undefined {
  const { importer, persistence } = engine
  const cookies = carrier.requestHeader('cookie')
  if (!importer || !persistence.successors || !cookies || marker?.received) return undefined
  if (session.values().length > 0 || (remember?.values().length ?? 0) > 0) return undefined
  return importer.open(new Request(engine, persistence.successors, carrier, cookies, deadline))
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
  /** The successor that this request has issued. */
  private issued: string | undefined

  constructor(
    private readonly engine: Engine,
    private readonly successors: Successors,
    private readonly carrier: HttpCarrier,
    readonly cookies: string,
    readonly limit: Deadline,
  ) {}

  async issue(): Promise<string> {
    this.issued = await this.successors.issue(await this.bound())
    return this.issued
  }

  async begin(
    successor: string,
    content: ImportedContent,
    since: number,
  ): Promise<ImportedSession<LoadedSession> | undefined> {
    const bound = content.subject === undefined ? undefined : await this.bound()
    const claimed = { since, isNew: successor === this.issued }
    const begun = await this.successors.begin(successor, claimed, changeOf(content, bound), this.limit)
    if (begun) return this.imported(begun)
    const resumed = await this.resume?.(successor)
    return resumed === 'absent' ? undefined : resumed
  }

  get resume() {
    const { successors, limit } = this
    if (!successors.resume) return undefined
    return async (successor: string): Promise<ImportedSession<LoadedSession> | 'absent' | undefined> => {
      const session = await successors.resume!(successor, limit)
      return session === undefined || session === 'absent' ? session : this.imported(session)
    }
  }

  async end({ session }: ImportedSession<LoadedSession>): Promise<void> {
    await this.engine.persistence.end(session.record, this.limit)
  }

  private bound() {
    return bindTo(this.carrier, this.engine.context.options.bind)
  }

  private imported(session: LoadedSession): ImportedSession<LoadedSession> {
    const { id, audiences } = session.record
    return { id, confirmed: !audiences.get(this.engine.context.options.audience)?.unconfirmed, session }
  }
}

/** @throws SessionUsageError `ERR_SESSION_NOT_SERIALIZABLE` for data that `session.data` could not hold. */
function changeOf({ subject, data, endsAt }: ImportedContent, bound: ImportChange['bound']): ImportChange {
  for (const [key, value] of Object.entries(data)) checkJson(value, `session.data.${key}`)
  const edits: Edits = new Map(Object.entries(data))
  return { kind: 'import', subject, endsAt, bound, edits, label: undefined, keep: undefined, series: undefined }
}
