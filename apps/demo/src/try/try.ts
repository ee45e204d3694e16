import type { Attempt, Finding } from './attempt'
import { Browser, type Exchange } from './browser'
import { openExpressSessionSite } from './express-session-site'
import { type OurSiteOptions, openOurSite } from './our-site'
import type { Site } from './site'

/** What came of an attempt against one server, and the requests that show it. */
export interface Report extends Finding {
  /** Against what: `express-session, connect-redis`. */
  readonly library: string
  readonly exchanges: readonly Exchange[]
}

/** Makes an attempt against a server, and closes the server. */
export async function attemptAt(site: Site, attempt: Attempt): Promise<Report> {
  const exchanges: Exchange[] = []
  try {
    const finding = await attempt.run(site, new Browser('You', site.url, exchanges, site.openings))
    return { library: site.library, ...finding, exchanges }
  } finally {
    await site.close()
  }
}

/** Makes an attempt against a server of ours, and against one with express-session that keeps its sessions in the same place. */
export async function tryBoth(attempt: Attempt, options: OurSiteOptions): Promise<{ ours: Report; theirs: Report }> {
  const ours = await attemptAt(await openOurSite(options), attempt)
  return {
    ours,
    theirs: await attemptAt(
      await openExpressSessionSite({ storage: options.storage, renews: attempt.renews }),
      attempt,
    ),
  }
}
