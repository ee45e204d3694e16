import { memberOf } from '../check'

/** The name of a store in messages and in `describe`: `custom` for a store without one, or with that of sealed cookies. */
export function kindOf(store: object | undefined): string {
  const kind = store && memberOf(store, 'kind')
  return typeof kind === 'string' && kind !== 'cookie' ? kind : 'custom'
}
