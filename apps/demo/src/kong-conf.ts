import { memoryStore } from '@sojourn/session-core'
import { type KongSession, kongSession } from '@sojourn/session-core/kong'

/**
 * Reads Kong Manager's `admin_gui_session_conf`. Its storage `kong` is a database; a memory store stands in for it here, so
 * that a wrong key is found before any server is started.
 * @throws SessionConfigError naming the wrong key.
 */
export const readKongConf = (conf: string): KongSession => kongSession(conf, { store: memoryStore() })
