// The module that a user passes with --config. A test chooses the manager.
import type { SessionManager } from '@sojourn/session-core'

/** @public */
export let sessions: SessionManager

export function use(manager: SessionManager): void {
  sessions = manager
}
