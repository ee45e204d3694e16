/** The longest output of {@link inflate}, in bytes: a bound for what a small request can make us allocate. */
export const MAX_INFLATED = 1_000_000

type Bytes = Uint8Array<ArrayBuffer>

/** Raw deflate (RFC 1951). */
export const deflate = (bytes: Bytes): Promise<Bytes> =>
  collect(streamOf(bytes).pipeThrough(new CompressionStream('deflate-raw')))

/** Reverses {@link deflate}. @throws Error if the input is not raw deflate, or the output exceeds {@link MAX_INFLATED}. */
export function inflate(bytes: Bytes): Promise<Bytes> {
  let length = 0
  const bounded = new TransformStream<Uint8Array, Uint8Array>({
    transform(part, controller) {
      length += part.length
      if (length > MAX_INFLATED) throw new Error(`inflates to more than ${MAX_INFLATED} bytes`)
      controller.enqueue(part)
    },
  })
  return collect(streamOf(bytes).pipeThrough(new DecompressionStream('deflate-raw')).pipeThrough(bounded))
}

const streamOf = (bytes: Bytes) => new Blob([bytes]).stream()

async function collect(stream: ReadableStream): Promise<Bytes> {
  return new Uint8Array(await new Response(stream).arrayBuffer())
}
