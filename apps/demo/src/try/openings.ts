/** The header that names a request of an attempt. */
export const REQUEST_NAME = 'x-request'

/** Tells an attempt when a server has opened the session of a request: what comes after it was read before. */
export class Openings {
  readonly #waiting = new Map<string, () => void>()

  /** The name for a new request, and a promise that resolves when its session is open. */
  expect(): { readonly name: string; readonly opened: Promise<void> } {
    const name = `${this.#waiting.size}`
    const opened = new Promise<void>((resolve) => this.#waiting.set(name, resolve))
    return { name, opened }
  }

  /** The session of the request of this name is open. */
  report(name: string | undefined): void {
    if (name !== undefined) this.#waiting.get(name)?.()
  }
}
