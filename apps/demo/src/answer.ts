import { isSessionError } from '@sojourn/session-core'
import type { MissingStorage } from './storages'

/** A response that says something in JSON, before a framework sends it. */
export interface Answer {
  readonly status: number
  readonly json: unknown
}

/** A request that cannot be done, with what to tell its sender. */
export class Refusal extends Error {
  constructor(
    readonly statusCode: number,
    readonly code: string,
    message: string,
    /** Further members of the answer. */
    readonly facts: object = {},
  ) {
    super(message)
  }
}

/** What the client chose to store is at fault here, not the code that stores it. */
const clientsFault: Record<string, number> = { ERR_SESSION_NOT_SERIALIZABLE: 400, ERR_SESSION_TOO_LARGE: 413 }

/** What to answer where something threw. What nobody expected is printed, and not told to the client. */
export function errorAnswer(error: unknown): Answer {
  const { statusCode = 500, code = 'ERR_BAD_REQUEST', message } = error as Partial<Refusal>
  const status = clientsFault[code] ?? statusCode
  if (status < 500 || isSessionError(error) || error instanceof Refusal) {
    return { status, json: { error: code, message, ...(error as Partial<Refusal>).facts } }
  }
  console.error(error)
  return { status, json: { error: 'ERR_INTERNAL', message: 'The demo has a mistake: its terminal shows more.' } }
}

/** Nothing is to be found under this path. */
export const notFound = (method: string, path: string) =>
  new Refusal(404, 'ERR_NOT_FOUND', `There is no ${method} ${path} here.`)

/** The storage of this path cannot be had. */
export const missing = ({ name, problem }: MissingStorage) =>
  new Refusal(503, 'ERR_STORAGE_MISSING', `${name}: ${problem}`)
