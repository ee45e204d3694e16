import { afterEach, describe, expect, it, vi } from 'vitest'
import { VersionIssuer } from '../../src/record/versions'

describe('the version of a write', () => {
  afterEach(() => vi.restoreAllMocks())

  const copies = () => [1, 2].map(() => new VersionIssuer((length) => new Uint8Array(length).fill(7)))

  it('has 12 characters, and no two are equal', async () => {
    const versions = new VersionIssuer((length) => crypto.getRandomValues(new Uint8Array(length)))
    const seen = new Set<string>()
    for (let i = 0; i < 2000; i++) seen.add(await versions.issue('the same payload'))
    expect(seen.size).toBe(2000)
    for (const version of seen) expect(version).toMatch(/^[\w-]{12}$/)
  })

  it('differs from the version of another payload in a process with a copy of the memory', async () => {
    vi.spyOn(performance, 'now').mockReturnValue(1)
    const [one, other] = copies()
    expect(await one!.issue('a')).not.toBe(await other!.issue('b'))
  })

  it('differs from the version of another instant in a process with a copy of the memory', async () => {
    const now = vi.spyOn(performance, 'now')
    const [one, other] = copies()
    now.mockReturnValue(1)
    const first = await one!.issue('a')
    now.mockReturnValue(1.001)
    expect(await other!.issue('a')).not.toBe(first)
  })

  it('takes random bytes once, at the first write', async () => {
    const random = vi.fn((length: number) => new Uint8Array(length).fill(7))
    const versions = new VersionIssuer(random)
    expect(random).not.toHaveBeenCalled()
    for (let i = 0; i < 3; i++) await versions.issue('a')
    expect(random.mock.calls).toEqual([[16]])
  })
})
