import { isSessionError } from '../errors'
import { varyByCookie } from '../http/headers'
import type { LoadedSession } from '../persistence/persistence'
import type { Edits } from '../record/changes'
import { renewalDue, touchDue, verdict } from '../record/timeouts'
import type { RequestState } from './request-state'

/** The commit rule: what happens to a session at the last point before its response's headers leave. */
export class Commit {
  constructor(private readonly state: RequestState) {}

  /**
   * What an adapter calls, on error responses as well. Nothing to wait for where it returns undefined; else the headers
   * must wait, and a rejection goes to the framework's error path.
   */
  run(): Promise<void> | undefined {
    const { carrier } = this.state.around
    if (carrier.headersSent) return undefined
    // A method that its handler forgot to await began before the response, and its cookie belongs to it.
    const { underway } = this.state
    if (underway) return underway.then(() => this.run())
    if (this.state.consulted) varyByCookie(carrier)
    const pending = this.pendingChange()
    if (pending) return pending.then(() => this.applyCookies())
    this.touchInBackground()
    this.applyCookies()
    return undefined
  }

  /** The write this response has to wait for, if there is one. */
  private pendingChange(): Promise<void> | undefined {
    const { state } = this
    const { carrier, core, persistence } = state.around
    if (state.failed || carrier.statusCode >= 500 || carrier.aborted) return undefined
    let edits: Edits
    try {
      edits = state.working.edits()
      if (edits.size > 0) state.assertOpen()
    } catch (error) {
      state.failed = true
      return Promise.reject(error)
    }
    const live = state.over ? undefined : state.live
    const renew = live && !live.stale && renewalDue(live.record, core.options.timeouts, state.openedAt)
    const touch = live !== undefined && !persistence.touch && this.touchIsDue(live)
    if (edits.size === 0 && !renew && !touch) return undefined
    return this.change(edits, touch)
  }

  private async change(edits: Edits, touch: boolean): Promise<void> {
    try {
      await this.state.change({ kind: 'commit', touch, edits })
    } catch (error) {
      // Nothing of the handler's is lost: a renewal or a touch that fails is left to the next request.
      if (edits.size === 0 && isSessionError(error)) return
      this.state.failed = true
      throw error
    }
  }

  private touchIsDue(live: LoadedSession): boolean {
    const { core } = this.state.around
    return touchDue(live, core.options.timeouts, this.state.openedAt)
  }

  /** The instant is that of opening: a touch can then never undo what a login or a renewal has noted since. */
  private touchInBackground(): void {
    const { state } = this
    const { core, persistence } = state.around
    const { live, openedAt } = state
    if (!live || state.over || !persistence.touch || !this.touchIsDue(live)) return
    // An activity that is noted late must not bring back what nobody could have resumed in between.
    if (verdict({ ...live.record, touchedAt: live.touchedAt }, core.options.timeouts, core.now()) !== 'alive') return
    const { id } = live.record
    state.live = { ...live, touchedAt: openedAt }
    const touched = persistence.touch(live, openedAt, core.budget()).then(
      (there) => core.events.emit({ type: there ? 'touched' : 'touch-skipped', id }),
      () => core.events.emit({ type: 'touch-skipped', id }),
    )
    core.background(touched)
  }

  private applyCookies(): void {
    const { carrier, cookies, core } = this.state.around
    if (carrier.headersSent) return
    const sent = [cookies.session.applyCookies(), cookies.remember?.applyCookies()]
    if (sent.includes(true)) core.noteInsecure(carrier)
  }
}
