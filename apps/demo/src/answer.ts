import { isSessionError } from '@sojourn/session-core'
import type { MissingStorage } from './storages'

/** A JSON response that a framework has yet to send. */
export interface Answer {
  readonly status: number
  readonly json: unknown
}

/** The request is refused; the client gets the status, the code and the message. */
export class Refusal extends Error {
  constructor(
    readonly statusCode: number,
    readonly code: string,
    message: string,
    /** Further members of the JSON answer. */
    readonly facts: object = {},
  ) {
    super(message)
  }
}

/** Errors caused by the value that the client asked to store, and their status. */
const clientErrors: Record<string, number> = { ERR_SESSION_NOT_SERIALIZABLE: 400, ERR_SESSION_TOO_LARGE: 413 }

/** The answer to an error. An unexpected one is printed; the client gets no details. */
export function errorAnswer(error: unknown): Answer {
  const { statusCode = 500, code = 'ERR_BAD_REQUEST', message } = error as Partial<Refusal>
  const status = clientErrors[code] ?? statusCode
  if (status < 500 || isSessionError(error) || error instanceof Refusal) {
    return { status, json: { error: code, message, ...(error as Partial<Refusal>).facts } }
  }
  console.error(error)
  return { status, json: { error: 'ERR_INTERNAL', message: 'The demo has a bug: its terminal shows the error.' } }
}

/** The error for an unknown path. */
export const notFound = (method: string, path: string) =>
  new Refusal(404, 'ERR_NOT_FOUND', `There is no ${method} ${path} here.`)

/** The error for a storage that is missing. */
export const missing = ({ name, problem }: MissingStorage) =>
  new Refusal(503, 'ERR_STORAGE_MISSING', `${name}: ${problem}`)
