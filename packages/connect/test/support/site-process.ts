import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { DatabaseOptions } from './databases'

/** What a process of a site is told. */
export interface SiteOptions<Kind extends string> extends DatabaseOptions {
  /** Which session middleware it has. */
  kind: Kind
  secret: string
}

/** One process of a site, with packages as they are built: a program that calls `serve` of site-app.mjs. */
export class SiteProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  static async start<Kind extends string>(program: URL, options: SiteOptions<Kind>): Promise<SiteProcess> {
    const child = fork(fileURLToPath(program), [JSON.stringify(options)], { execArgv: [] })
    const [message] = await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => Promise.reject(new Error('the site has not started'))),
    ])
    return new SiteProcess(child, `http://127.0.0.1:${message.port}`)
  }

  /**
   * Makes a request of `/hold/…`, which waits once it has loaded its session. Call the result to let it go on, and to await
   * its answer.
   */
  async hold<Answer>(request: () => Promise<Answer>): Promise<() => Promise<Answer>> {
    const arrived = once(this.child, 'message')
    const answer = request()
    await arrived
    return () => {
      this.child.send('go')
      return answer
    }
  }

  async stop(): Promise<void> {
    const exit = once(this.child, 'exit')
    this.child.kill()
    await exit
  }
}
