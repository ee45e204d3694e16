import express5 from 'express'
import express4 from 'express4'

/** Both major versions, with the same types: what the adapter uses of them is the same. */
export const versions: [name: string, express: typeof express5][] = [
  ['Express 5', express5],
  ['Express 4', express4],
]
