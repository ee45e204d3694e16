type Bytes = Uint8Array<ArrayBuffer>

/** Raw deflate (RFC 1951). */
export const deflate = (bytes: Bytes): Promise<Bytes> =>
  collect(streamOf(bytes).pipeThrough(new CompressionStream('deflate-raw')))

/**
 * Reverses {@link deflate}. `maxBytes` bounds what a small request can make us allocate.
 * @throws Error if the input is not raw deflate, or the output is longer.
 */
export function inflate(bytes: Bytes, maxBytes: number): Promise<Bytes> {
  let length = 0
  const bounded = new TransformStream<Uint8Array, Uint8Array>({
    transform(part, controller) {
      length += part.length
      if (length > maxBytes) throw new Error(`inflates to more than ${maxBytes} bytes`)
      controller.enqueue(part)
    },
  })
  return collect(streamOf(bytes).pipeThrough(new DecompressionStream('deflate-raw')).pipeThrough(bounded))
}

const streamOf = (bytes: Bytes) => new Blob([bytes]).stream()

async function collect(stream: ReadableStream): Promise<Bytes> {
  return new Uint8Array(await new Response(stream).arrayBuffer())
}
