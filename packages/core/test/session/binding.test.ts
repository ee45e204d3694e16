import type { BindTrait } from '@sojourn/session-core'
import { describe, expect, it } from 'vitest'
import { world } from '../helpers/browser'

/** The outcome for a client that comes from `to` with a session that is bound to `from`. */
async function outcome(trait: BindTrait, from: string, to: string): Promise<string> {
  const user = world({ bind: [trait] }).browser()
  await user.visit((session) => session.login('ada'), { ip: from })
  return (await user.visit(undefined, { ip: to })).session.outcome
}

describe('a session bound to an address', () => {
  it.each<[BindTrait, string, string, string]>([
    ['ip', '192.0.2.1', '192.0.2.1', 'resumed'],
    ['ip', '192.0.2.1', '192.0.2.2', 'mismatch'],
    ['ip', '::ffff:192.0.2.1', '192.0.2.1', 'resumed'],
    ['ip', '2001:db8::1', '2001:DB8:0:0::1', 'resumed'],
    ['ip', '2001:db8::1', '2001:db8::2', 'mismatch'],
    ['ip/64', '2001:db8:1:2:aaaa:bbbb:cccc:dddd', '2001:db8:1:2:1:2:3:4', 'resumed'],
    ['ip/64', '2001:db8:1:2::', '2001:db8:1:2:ffff::1', 'resumed'],
    ['ip/64', '2001:db8:1:2::1', '2001:db8:1:3::1', 'mismatch'],
    ['ip/64', '192.0.2.1', '192.0.2.2', 'mismatch'],
    ['ip/64', '::ffff:192.0.2.1', '::ffff:192.0.2.2', 'mismatch'],
    ['ip/64', 'fe80::1%eth0', 'fe80::2%eth1', 'resumed'],
    ['ip/56', '2001:db8:1:2aff::1', '2001:db8:1:2abc::2', 'resumed'],
    ['ip/56', '2001:db8:1:2aff::1', '2001:db8:1:2bff::1', 'mismatch'],
    ['ip/48', '2001:db8:1::1', '2001:db8:1:ffff::1', 'resumed'],
    ['ip/48', '2001:db8:1::1', '2001:db8:2::1', 'mismatch'],
    ['ip/64', 'not:an::address::at:all:1:2:3:4:5:6', '', 'mismatch'],
  ])('by %s from %s is for %s: %s', async (trait, from, to, expected) => {
    expect(await outcome(trait, from, to)).toBe(expected)
  })
})
