import { type CarrierStorage, carrierSuite, transcriptDifferences } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { adapters as express } from '../packages/express/test/carrier-app'
import { adapter as fastify } from '../packages/fastify/test/carrier-app'
import { adapter as node } from '../packages/http/test/carrier-app'
import { adapter as web } from '../packages/http/test/web-carrier-app'
import { adapters as koa } from '../packages/koa/test/carrier-app'

/** Every adapter, on every major version of its framework. */
export const adapters = [node, ...express, ...koa, fastify, web]

/**
 * Differences between adapters that a client can see, with the reason. The transcripts of the suite omit exactly these;
 * all else must be equal. `docs/adapters.md` lists them as a table.
 */
export const acceptedDifferences: readonly (readonly [what: string, reason: string])[] = [
  [
    '`Content-Type`, `Content-Length`, `Transfer-Encoding`, `ETag`, `X-Powered-By`, `X-Content-Type-Options`',
    'each framework describes a body in its own way',
  ],
  ['`Date`, `Connection`, `Keep-Alive`', 'set by the server'],
  [
    '`Vary: Accept` and `Accept-Encoding`',
    'Express and Koa negotiate the text of a redirect or an error; `Vary: Cookie` is always there',
  ],
  [
    'the body of a redirect or an error',
    'each framework has its own wording; the body never says more than the status',
  ],
  ['headers that a failed answer had set, other than ours', 'Koa and Fastify drop or keep them by their own rules'],
  ['the order of several `Set-Cookie` lines', 'has no meaning to a browser'],
  ...adapters.flatMap(({ name, lacks = {} }) =>
    Object.entries(lacks).map(([feature, reason]) => [`${name}: \`${feature}\``, reason] as const),
  ),
]

/** Runs the carrier suite on every adapter over these storages, and compares the responses. */
export function adaptersOver(...storages: CarrierStorage[]): void {
  const transcripts = Object.fromEntries(
    adapters.map((adapter) => [
      adapter.name,
      carrierSuite({ describe, it, expect }, { ...adapter, storages }).transcript,
    ]),
  )
  it(`all adapters respond alike over ${storages.map(({ name }) => name).join(' and ')}`, () => {
    // A failed test has no transcript. Only a feature that the framework lacks may be missing.
    const [model, ...others] = Object.values(transcripts).map((transcript) => Object.keys(transcript).length)
    expect(model).toBeGreaterThan(50)
    expect(others.filter((_, at) => !adapters[at + 1]!.lacks).every((count) => count === model)).toBe(true)
    expect(transcriptDifferences(transcripts)).toEqual([])
  })
}
