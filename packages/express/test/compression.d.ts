declare module 'compression' {
  import type { RequestHandler } from 'express'

  export default function compression(): RequestHandler
}

declare namespace Express {
  interface Response {
    /** Sends what the compression has encoded so far. */
    flush(): void
  }
}
