import type { ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'

/** The streams that a handler has piped to a response. */
export class PipedSources {
  /** Whether a source is ending that was cut off: whoever ends the response now means the answer that was dropped. */
  ending = false
  private readonly sources: Readable[] = []

  constructor(private readonly res: ServerResponse) {
    res.on('pipe', (source: Readable) => this.sources.push(source))
  }

  /** Takes the sources off the response. What `pipeline` has hung on their end stays there, and is not to be heard. */
  cutOff(): void {
    for (const source of this.sources.splice(0)) {
      source.unpipe(this.res)
      source.prependOnceListener('end', () => {
        this.ending = true
      })
      source.once('end', () => {
        this.ending = false
      })
    }
  }
}
