/** The test runner that the suites use. `{ describe, it, expect }` of Vitest, Jest or Bun can be passed directly. */
export interface TestRunner {
  describe(name: string, body: () => void): unknown
  it: {
    (name: string, body: () => Promise<void>): unknown
    skip(name: string, body: () => Promise<void>): unknown
  }
  expect(actual: unknown): { toBe(expected: unknown): unknown; toEqual(expected: unknown): unknown }
}
