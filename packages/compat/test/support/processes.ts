import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { CookieJar } from '@sojourn/session-testing'
import { browser } from './browser'
import { SECRET } from './manager'

/** What a process of the site is told. */
export interface SiteOptions {
  kind: 'compat' | 'import' | 'express-session'
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
    const child = fork(program, [JSON.stringify({ ...options, secret: SECRET })], { execArgv: [] })
    const [message] = await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => Promise.reject(new Error('the site has not started'))),
    ])
    return new SiteProcess(child, `http://127.0.0.1:${message.port}`)
  }

  /** One request with the cookies of a browser. */
  visit(jar: CookieJar, path: string): Promise<string> {
    return browser(this.url, jar).visit(path)
  }

  /** Begins a request that has loaded its session, and waits. Call the result to let it go on, and to await its answer. */
  async hold(jar: CookieJar, key: string): Promise<() => Promise<string>> {
    const arrived = once(this.child, 'message')
    const answer = this.visit(jar.copy(), `/hold/${key}`)
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
