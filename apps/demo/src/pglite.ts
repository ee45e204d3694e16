import { PGlite } from '@electric-sql/pglite'
import type { Database } from '@sojourn/session-postgres'
import type { Power } from './power'

/** A PGlite that can be stopped and started again: it is closed, and a new one is opened with what was in it. */
export function openPGlite(directory: string | undefined): Database & { power: Power; close(): Promise<void> } {
  let current = new PGlite(directory)
  let kept: Promise<Blob | File> | undefined
  return {
    query: (text, values) => current.query(text, values),
    power: {
      means: 'PGlite, a Postgres in the demo’s process, was closed',
      async stop() {
        // Files outlive it by themselves.
        if (directory === undefined) kept = current.dumpDataDir('none')
        await kept
        await current.close()
      },
      async start() {
        const data = await kept
        current = data ? new PGlite({ loadDataDir: data }) : new PGlite(directory)
        await current.waitReady
      },
    },
    close: () => current.close(),
  }
}
