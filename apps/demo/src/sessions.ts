import type { Explanation, SessionPolicy, StoreCheck } from '@sojourn/session-core'

const address = process.env.DEMO_URL || `http://localhost:${process.env.PORT || 3000}`
const storage = process.env.STORAGE || 'memory'

/** JSON has no Infinity: the end of a clock that is off. */
const revive = (key: string, value: unknown) => (key === 'endsAt' && value === null ? Number.POSITIVE_INFINITY : value)

const { policy } = await ask<{ policy: SessionPolicy }>('GET', `policy?storage=${storage}`)

/**
 * The running demo as the command `sojourn` asks for it, with `--config`: an application exports its manager there. The demo's
 * sessions are in its own process, so this asks the process. A cookie's name says which storage it is of; `STORAGE` says it for
 * the other commands. Sessions are listed and ended on the page, by their user alone.
 * @public
 */
export const sessions = {
  explain: (cookie: string | undefined, { data = false } = {}): Promise<Explanation> =>
    ask('POST', 'explain', { cookie, data }),
  check: (): Promise<StoreCheck> => ask('GET', `check?storage=${storage}`),
  describe: (): SessionPolicy => policy,
}

async function ask<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${address}/demo/${path}`, { method, body: JSON.stringify(body) }).catch(() => {
    throw new Error(`the demo does not answer at ${address}: start it with npm run demo, or set DEMO_URL`)
  })
  const answer = JSON.parse(await response.text(), revive)
  if (!response.ok) throw new Error(answer.message)
  return answer
}
