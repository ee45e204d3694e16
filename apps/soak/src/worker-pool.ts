import { Child } from './child'
import type { Answer, Message, Replies, Request, Settings } from './protocol'

type Worker = Child<Message, Replies>

/** Several server processes over one store. */
export class WorkerPool {
  private constructor(private readonly workers: Worker[]) {}

  static async start(settings: Settings, size = 2): Promise<WorkerPool> {
    const workers = new WorkerPool(Array.from({ length: size }, () => new Child<Message, Replies>('worker.js')))
    await workers.tell({ kind: 'start', settings })
    return workers
  }

  get size(): number {
    return this.workers.length
  }

  /** Sets every worker's clock `seconds` ahead of the real time. */
  async clockAhead(seconds: number): Promise<void> {
    await this.tell({ kind: 'clock', offset: seconds * 1000 })
  }

  /** Makes one request, in the first worker. */
  async request(request: Request): Promise<Answer> {
    return (await this.workers[0]!.ask({ kind: 'requests', requests: [request] }))[0]!
  }

  /** Distributes the requests over the workers, which make them in parallel. Resolves with the results in the order of the requests. */
  async requests(requests: Request[]): Promise<Answer[]> {
    const hands = this.workers.map((_, w) => requests.filter((_, r) => r % this.size === w))
    const answers = await Promise.all(
      this.workers.map((each, w) => each.ask({ kind: 'requests', requests: hands[w]! })),
    )
    return requests.map((_, r) => answers[r % this.size]![Math.floor(r / this.size)]!)
  }

  /** The number of events of this kind in all workers. */
  async count(event: keyof Replies['counters']['events']): Promise<number> {
    const counters = await Promise.all(this.workers.map((each) => each.ask({ kind: 'counters' })))
    return counters.reduce((sum, each) => sum + each.events[event], 0)
  }

  /** The number of sessions of a subject. */
  list(subject: string): Promise<number> {
    return this.workers[0]!.ask({ kind: 'list', subject })
  }

  async end(): Promise<void> {
    await Promise.all(this.workers.map((each) => each.end()))
  }

  private async tell(message: Message): Promise<void> {
    await Promise.all(this.workers.map((each) => each.ask(message)))
  }
}
