/** The options of {@link holdResponse}. */
export interface HoldOptions {
  /**
   * Called at the last point before the response's headers are sent, when its status and headers are final. If it returns
   * undefined, they are sent at once. Otherwise they wait for the promise. Called a second time only for the answer of
   * `onError`; if it rejects then too, that answer is sent as it is.
   */
  commit(): Promise<void> | undefined
  /**
   * The framework's error path. It receives the error that `commit` rejected with. The response is unsent, has status 500,
   * and no longer has the headers that described the discarded body. After more than `maxHeldBytes` it is destroyed. If
   * `onError` throws or rejects, a plain error is sent, and a process warning has what was thrown.
   */
  onError(error: unknown): void | Promise<void>
  /**
   * Called once when the response is over: it was sent, or the client has left. What it throws or rejects with is ignored.
   * @default none
   */
  onClose?(): Promise<void> | undefined
  /**
   * How many bytes a waiting response holds from a writer that ignores `write() === false`. One more chunk destroys the
   * response. A single chunk may be larger. The same loop of writes takes the same memory in plain Node.
   * @default 16777216 (16 MiB)
   */
  maxHeldBytes?: number
}
