import { readdir, readFile, writeFile } from 'node:fs/promises'
import { startRedis } from '@sojourn/session-testing/servers'
import { afterAll, describe, expect, it } from 'vitest'
import { goOn, live } from './history'
import { placesWith } from './places'

const folder = new URL('releases/', import.meta.url)
const release = process.env.STORED_FORM
const redis = await startRedis({ own: true })
const places = placesWith(redis)
afterAll(async () => {
  if (redis.available) await redis.close()
})

// `STORED_FORM=0.1.0 npx vitest run test/stored-form` writes what the release of that name stores.
if (release) {
  it('writes the stored form of a release', async () => {
    const written: Record<string, unknown> = {}
    for (const [name, open] of Object.entries(places)) {
      const place = await open()
      const browsers = await live(place)
      written[name] = { browsers, content: await place.dump() }
      await place.close()
    }
    await writeFile(new URL(`${release}.json`, folder), `${JSON.stringify(written, null, 2)}\n`)
  }, 90_000)
}

const ada = { subject: 'ada', level: 2, cart: ['tea'] }
const no = { subject: undefined, level: undefined, cart: undefined }

describe.each(await readdir(folder))('what was stored by %s', (file) => {
  if (!redis.available) it.skip(redis.reason, async () => {})
  it.each(Object.keys(places))(
    'goes on: %s',
    async (name) => {
      const { browsers, content } = JSON.parse(await readFile(new URL(file, folder), 'utf8'))[name]
      const place = await places[name]!(content as never)
      expect(await goOn(place, browsers)).toEqual({
        renewed: { outcome: 'resumed', ...ada },
        beforeRenewal: { outcome: 'stale', ...ada },
        anonymous: { outcome: 'resumed', ...no, cart: ['tea'] },
        sealed: { outcome: 'resumed', ...ada },
        sealedLoggedOut: { outcome: 'revoked', ...no },
        sealedEndedEverywhere: { outcome: 'revoked', ...no },
        expressSession: 'ada',
        rememberOnly: { outcome: 'restored', ...no, subject: 'ada' },
      })
      await place.close()
    },
    90_000,
  )
})
