import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { secret } from './library'
import { Browser } from './served'

/** What a process of the site is told. */
export interface SiteOptions {
  /** Ours, or the store that express-session's users have today. */
  kind: 'sojourn' | 'connect'
  database: 'redis' | 'postgres'
  url: string
  prefix?: string
  schema?: string
}

/** One process of a site, with packages as they are built. */
export class SiteProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  static async start(options: SiteOptions): Promise<SiteProcess> {
    const program = fileURLToPath(new URL('site.mjs', import.meta.url))
    const child = fork(program, [JSON.stringify({ ...options, secret })], { execArgv: [] })
    const [message] = await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => Promise.reject(new Error('the site has not started'))),
    ])
    return new SiteProcess(child, `http://127.0.0.1:${message.port}`)
  }

  /** Begins a request that has loaded its session, and waits. Call the result to let it go on, and to await its response. */
  async hold(browser: Browser, key: string): Promise<() => Promise<number>> {
    const arrived = once(this.child, 'message')
    const answer = this.as(browser).get(`/hold/${key}`)
    await arrived
    return async () => {
      this.child.send('go')
      return (await answer).status
    }
  }

  /** The same browser with this process. */
  as(browser: Browser): Browser {
    return Object.assign(new Browser(this.url), { cookie: browser.cookie })
  }

  async stop(): Promise<void> {
    const exit = once(this.child, 'exit')
    this.child.kill()
    await exit
  }
}
