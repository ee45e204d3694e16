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
      if (!isReadable(source)) {
        // Whatever it has to say would be said in the midst of the error.
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
      // Not before: a pipeline whose source is destroyed takes the response, and so the error's answer, along.
      this.res.once('close', () => {
        if (!isRead(source)) source.destroy()
      })
    }
  }
}

/** Streams of Node's first kind, without `unpipe`, are still about. */
const isReadable = (source: Partial<Readable>) => typeof source.unpipe === 'function'

/** A stream that stands still unread would keep its file open for good. */
const isRead = (source: Readable) => source.listenerCount('data') + source.listenerCount('readable') > 0
