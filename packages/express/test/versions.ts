import express5 from 'express'
import express4 from 'express4'

/** Both major versions, with the types of Express 5: the adapter uses what both have. */
export const versions: [name: string, express: typeof express5][] = [
  ['Express 5', express5],
  ['Express 4', express4],
]
