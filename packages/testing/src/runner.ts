/** The test runner that the suites use. `{ describe, it, expect }` of Vitest, Jest or Bun can be passed directly. */
export interface TestRunner {
  /** Defines a group of tests. */
  describe(name: string, body: () => void): unknown
  /** Defines a test; `skip` one that the report shows and does not run. */
  it: {
    (name: string, body: () => Promise<void>): unknown
    skip(name: string, body: () => Promise<void>): unknown
  }
  /** Throws unless what is compared is the same. */
  expect(actual: unknown): { toBe(expected: unknown): unknown; toEqual(expected: unknown): unknown }
}
