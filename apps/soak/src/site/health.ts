import type { EventEmitter } from 'node:events'
import type { Server } from 'node:http'
import { setImmediate as turn } from 'node:timers/promises'
import type { Health } from './protocol'

declare const gc: () => void

const listeners = (emitter: EventEmitter) =>
  emitter.eventNames().reduce((sum, event) => sum + emitter.listenerCount(event), 0)

/** Collects health data of a site from inside its process. */
export class HealthWatch {
  readonly problems: string[] = []
  private listenersOnSocket = 0

  constructor() {
    for (const event of ['warning', 'unhandledRejection', 'uncaughtException']) {
      process.on(event, (error: Error) => this.addProblem(`${event}: ${error?.stack ?? error}`))
    }
  }

  addProblem(problem: string): void {
    if (this.problems.length < 20) this.problems.push(problem)
  }

  watch(server: Server, onRequest: () => void): void {
    server.prependListener('request', ({ socket }) => {
      this.listenersOnSocket = Math.max(this.listenersOnSocket, listeners(socket))
      onRequest()
    })
  }

  async report(): Promise<Health> {
    for (let round = 0; round < 4; round++) {
      gc()
      await turn()
    }
    const resources: Record<string, number> = {}
    for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1
    return {
      heap: process.memoryUsage().heapUsed,
      resources,
      listenersOnSocket: this.listenersOnSocket,
      listenersOnProcess: listeners(process),
      problems: this.problems,
    }
  }
}
