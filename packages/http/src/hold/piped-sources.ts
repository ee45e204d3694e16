import type { ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'

/** The streams that a handler has piped into a response. */
export class PipedSources {
  /** True while a detached source emits `end`: a call of `res.end()` in that time belongs to the discarded answer. */
  ending = false
  private readonly sources: Readable[] = []

  constructor(private readonly res: ServerResponse) {
    res.on('pipe', (source: Readable) => this.sources.push(source))
  }

  /** Detaches the sources. The `end` listeners that `pipeline` added stay on them; see `ending`. */
  cutOff(): void {
    for (const source of this.sources.splice(0)) {
      if (!canUnpipe(source)) {
        // Its data would end up inside the error's answer.
        this.res.destroy()
        continue
      }
      source.unpipe(this.res)
      source.prependOnceListener('end', () => {
        this.ending = true
      })
      source.once('end', () => {
        this.ending = false
      })
      // Not earlier: destroying the source of a pipeline destroys the response too, and with it the error's answer.
      this.res.once('close', () => {
        if (!hasReader(source)) source.destroy()
      })
    }
  }
}

/** Old-style streams (no `unpipe`) still exist. */
const canUnpipe = (source: Partial<Readable>) => typeof source.unpipe === 'function'

/** A stream without a reader would keep its file open. */
const hasReader = (source: Readable) => source.listenerCount('data') + source.listenerCount('readable') > 0
