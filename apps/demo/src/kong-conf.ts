import { memoryStore } from '@sojourn/session-core'
import { type KongSession, kongSession } from '@sojourn/session-core/kong'

/**
 * Reads Kong Manager's `admin_gui_session_conf`. What it asks for as storage `kong` is a database: here, until that is open,
 * memory stands in for it, so that a mistake is found before anything is started.
 * @throws SessionConfigError naming the key that is wrong.
 */
export const readKongConf = (conf: string): KongSession => kongSession(conf, { store: memoryStore() })
