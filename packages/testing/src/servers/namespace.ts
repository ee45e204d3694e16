import { randomBytes } from 'node:crypto'

/** A fresh name for the keys or the schema of one test run, see `Server.namespace`. */
export const freshNamespace = (): string => `sojourn_test_${randomBytes(6).toString('hex')}`
