import type { JsonData, JsonValue, Session } from '@sojourn/session-core'
import { SessionUsageError } from '#check'

/**
 * The session as a framework's request has it. `SessionData` is the interface that applications add their keys to. While it
 * has none, `data` takes any key; once it has one, only those. A key of a type that JSON cannot hold takes no value.
 */
export type SessionOf<SessionData> = Session<
  keyof SessionData extends never
    ? Record<string, unknown>
    : SessionData extends JsonData<SessionData>
      ? SessionData
      : {
          [Key in keyof SessionData]: SessionData[Key] extends JsonValue<SessionData[Key]>
            ? SessionData[Key]
            : JsonValue<SessionData[Key]>
        }
>

/**
 * The property descriptor by which an adapter shows the session of a request. `path` is what users write: `req.session`.
 * Assigning to the property throws `ERR_SESSION_USAGE`, with what to do instead.
 *
 * Use one descriptor for all requests: V8 keeps what the accessor of a single object refers to until its next full
 * collection.
 * @example Object.defineProperty(req, 'session', sessionAccessor('req.session', (req: object) => sessions.of(req)))
 */
export function sessionAccessor<Request extends object>(path: string, find: (request: Request) => unknown) {
  return {
    enumerable: true,
    get(this: Request) {
      return find(this)
    },
    set() {
      const message = `${path} cannot be replaced: assign to ${path}.data, or await ${path}.destroy()`
      throw new SessionUsageError('ERR_SESSION_USAGE', message)
    },
  }
}
