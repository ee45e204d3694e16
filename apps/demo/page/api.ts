/** One response. */
export interface Reply<Json> {
  readonly status: number
  readonly json: Json
  /** When it arrived, epoch ms. */
  readonly at: number
}

/** What an error answers. */
export interface Problem {
  readonly error: string
  readonly message: string
  /** Why there is no session, for ERR_NO_SESSION. */
  readonly outcome?: string
}

/** Sends a request to the demo. Rejects if the demo does not answer. */
export async function send<Json = unknown>(
  method: string,
  path: string,
  init: RequestInit = {},
): Promise<Reply<Json & Partial<Problem>>> {
  const response = await fetch(path, { method, cache: 'no-store', ...init })
  return { status: response.status, json: await response.json(), at: Date.now() }
}
