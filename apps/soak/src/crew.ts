import { Child } from './child'
import type { Answer, Message, Replies, Request, Settings } from './protocol'

type Worker = Child<Message, Replies>

/** Several server processes over one store. */
export class Crew {
  private constructor(private readonly workers: Worker[]) {}

  static async start(settings: Settings, size = 2): Promise<Crew> {
    const crew = new Crew(Array.from({ length: size }, () => new Child<Message, Replies>('worker.js')))
    await crew.tell({ kind: 'start', settings })
    return crew
  }

  get size(): number {
    return this.workers.length
  }

  /** Moves every worker's clock to so many seconds ahead of the real one. */
  async clockAhead(seconds: number): Promise<void> {
    await this.tell({ kind: 'clock', offset: seconds * 1000 })
  }

  /** Makes one request, in the first worker. */
  async request(request: Request): Promise<Answer> {
    return (await this.workers[0]!.ask({ kind: 'requests', requests: [request] }))[0]!
  }

  /** Deals the requests out to the workers, which make them all at once. Answers come in the order of the requests. */
  async requests(requests: Request[]): Promise<Answer[]> {
    const hands = this.workers.map((_, w) => requests.filter((_, r) => r % this.size === w))
    const answers = await Promise.all(
      this.workers.map((each, w) => each.ask({ kind: 'requests', requests: hands[w]! })),
    )
    return requests.map((_, r) => answers[r % this.size]![Math.floor(r / this.size)]!)
  }

  /** How often an event has happened in all workers together. */
  async count(event: keyof Replies['counters']): Promise<number> {
    const counters = await Promise.all(this.workers.map((each) => each.ask({ kind: 'counters' })))
    return counters.reduce((sum, each) => sum + (each[event] ?? 0), 0)
  }

  /** How many sessions a subject has. */
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
