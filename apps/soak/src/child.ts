import { type ChildProcess, type ForkOptions, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A child process that handles requests over IPC. The kind of a message determines the type of its reply. */
export class Child<Message extends { kind: keyof Replies }, Replies> {
  private readonly process: ChildProcess
  private readonly asked = new Map<number, { resolve(result: never): void; reject(error: Error): void }>()
  private n = 0

  /** Starts a built script, as users deploy it. */
  constructor(script: string, options?: ForkOptions) {
    this.process = fork(fileURLToPath(new URL(`../dist/${script}`, import.meta.url)), options)
    this.process.on('message', ({ n, result, error }: { n: number; result: never; error?: string }) => {
      const { resolve, reject } = this.asked.get(n)!
      this.asked.delete(n)
      if (error) reject(new Error(error))
      else resolve(result)
    })
    this.process.on('exit', (code) => {
      for (const { reject } of this.asked.values()) reject(new Error(`${script} ended with ${code}`))
    })
  }

  ask<M extends Message>(message: M): Promise<Replies[M['kind']]> {
    const n = this.n++
    return new Promise((resolve, reject) => {
      this.asked.set(n, { resolve, reject })
      this.process.send({ ...message, n })
    })
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.process.once('exit', resolve))
    this.process.disconnect()
    await ended
  }
}

/** The child's side: replies to every message, and exits when the parent disconnects. */
export function answerParent<Message>(
  answer: (message: Message) => Promise<unknown>,
  close: () => Promise<void>,
): void {
  process.on('message', (message: Message & { n: number }) => {
    answer(message).then(
      (result) => process.send?.({ n: message.n, result }),
      (error) => process.send?.({ n: message.n, error: String(error) }),
    )
  })
  process.on('disconnect', () => close().finally(() => process.exit()))
}
