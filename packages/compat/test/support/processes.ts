import type { CookieJar } from '@sojourn/session-testing'
import type { DatabaseOptions } from '../../../connect/test/support/databases'
import { SiteProcess } from '../../../connect/test/support/site-process'
import { browser } from './browser'
import { SECRET } from './manager'

/** Starts a process of the site with one of its session middlewares. */
export const startSite = (kind: 'compat' | 'import' | 'express-session', options: DatabaseOptions) =>
  SiteProcess.start(new URL('site.mjs', import.meta.url), { ...options, kind, secret: SECRET })

/** One request with the cookies of a browser. */
export const visit = ({ url }: SiteProcess, jar: CookieJar, path: string): Promise<string> =>
  browser(url, jar).visit(path)

/** The same for a request that has loaded its session, and waits. Call the result to let it go on. */
export const hold = (site: SiteProcess, jar: CookieJar, key: string): Promise<() => Promise<string>> =>
  site.hold(() => visit(site, jar.copy(), `/hold/${key}`))
