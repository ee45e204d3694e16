import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { signalEach, withDescendants } from './processes'
import type { Reaper } from './reaper'
import { STEP_TIMEOUT_MS, until } from './until'

/** What to run, and how to know that it runs. */
export interface Launch {
  program: string
  args: string[]
  /** The whole environment: nothing of ours (PGDATA, PGPORT…) shall reach the server. */
  env: Record<string, string>
  /** The server's throw-away directory: it runs there, and the directory goes with it. */
  directory: string
  /** The user to run as; default: ours. */
  user?: { uid: number; gid: number } | undefined
  /** The signals that end the server in good order, the gentlest first: a later one is sent where those before did not do. */
  stopSignals: NodeJS.Signals[]
  /** The signal by which the reaper ends it, together with its children: SIGKILL would leave those of a Postgres on their own. */
  abortSignal: 'KILL' | 'QUIT'
  /** Removes what a crash leaves outside the directory. Called once the server has ended for good. */
  sweep?(): Promise<void>
  /** Whether the process with this id answers. May reject while it does not. */
  answers(pid: number): Promise<boolean>
}

/** The verbs of a server that this process has started: see `OwnServer`. */
export class ServerProcess {
  readonly #launch: Launch
  readonly #reaper: Reaper
  #child: ChildProcess | undefined
  #ended: Promise<unknown> = Promise.resolve()
  #log = ''

  constructor(launch: Launch, reaper: Reaper) {
    this.#launch = launch
    this.#reaper = reaper
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Resolves once the server answers. Rejects, with the end of its log, where it exits or takes too long. */
  async start(): Promise<void> {
    const child = await this.#spawn()
    const { program, answers } = this.#launch
    const isUp = async () => {
      const answered = await Promise.race([answers(child.pid!).catch(() => false), this.#ended])
      if (this.#child !== child) throw new Error(`${program} ended while starting: ${this.#log.trim()}`)
      return answered === true
    }
    try {
      await until(isUp, () => `${program} does not answer: ${this.#log.trim()}`)
    } catch (error) {
      await this.kill()
      throw error
    }
  }

  async stop(): Promise<void> {
    await this.resume()
    const { stopSignals } = this.#launch
    for (const signal of stopSignals) {
      this.#child?.kill(signal)
      if (await this.#endsWithin(signal === stopSignals.at(-1) ? STEP_TIMEOUT_MS : 1_000)) return
    }
    await this.kill()
  }

  async kill(): Promise<void> {
    if (this.pid !== undefined) signalEach(withDescendants(this.pid), 'SIGKILL')
    if (!(await this.#endsWithin(STEP_TIMEOUT_MS))) throw new Error(`${this.#launch.program} outlived SIGKILL`)
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  async pause(): Promise<void> {
    if (this.pid === undefined) return
    signalEach([this.pid], 'SIGSTOP') // first, so that it cannot have further children
    const frozen = withDescendants(this.pid)
    signalEach(frozen, 'SIGSTOP')
    this.#reaper.watch(frozen, this.#launch.abortSignal)
  }

  async resume(): Promise<void> {
    if (this.pid === undefined) return
    signalEach(withDescendants(this.pid), 'SIGCONT')
    this.#reaper.watch([this.pid], this.#launch.abortSignal)
  }

  async close(): Promise<void> {
    await this.stop()
    await this.#launch.sweep?.()
    await this.#reaper.close()
  }

  async #spawn(): Promise<ChildProcess> {
    const { program, args, env, directory, user } = this.#launch
    const child = spawn(program, args, {
      ...user,
      env,
      cwd: directory,
      detached: true, // out of reach of a terminal's Ctrl-C: tests that end on it may still need their server
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    if (child.pid !== undefined) this.#reaper.watch([child.pid], this.#launch.abortSignal)
    await once(child, 'spawn')
    this.#child = child
    this.#log = ''
    for (const output of [child.stdout, child.stderr]) this.#keepLog(output)
    child.unref()
    // Not 'exit': the pipes close only when the children that hold them, a Postgres' backends, are gone too.
    this.#ended = new Promise((resolve) => child.once('close', resolve)).then(() => {
      this.#reaper.forget()
      this.#child = undefined
    })
    return child
  }

  #keepLog(output: Readable): void {
    output.on('data', (chunk) => {
      this.#log = `${this.#log}${chunk}`.slice(-2_000)
    })
    ;(output as unknown as { unref(): void }).unref()
  }

  async #endsWithin(ms: number): Promise<boolean> {
    const timeUp = new AbortController()
    const timer = delay(ms, false, { signal: timeUp.signal }).catch(() => false)
    const ended = await Promise.race([this.#ended.then(() => true), timer])
    timeUp.abort()
    return ended
  }
}
