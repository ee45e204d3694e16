/** However little it was made from, nothing that a request carries inflates to more bytes than this. */
export const MAX_INFLATED = 1_000_000

type Bytes = Uint8Array<ArrayBuffer>

/** Raw deflate (RFC 1951). */
export const deflate = (bytes: Bytes): Promise<Bytes> =>
  collect(streamOf(bytes).pipeThrough(new CompressionStream('deflate-raw')))

/** What {@link deflate} was given. @throws an Error for other bytes, and for more than {@link MAX_INFLATED} of them. */
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
