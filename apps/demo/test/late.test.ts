import { expect, it } from 'vitest'
import { startedDemo } from './started'
import { Visitor } from './visitor'

it('a storage that starts slowly › is missing at first and added later in every framework, and the other sessions live on', async () => {
  // Without POSTGRES_URL, Postgres is PGlite, which takes a moment to start.
  const { demo, urls } = await startedDemo({ POSTGRES_URL: '' }, { startTimeout: 0 })
  try {
    const visitors = urls.map((url) => new Visitor(url))
    for (const visitor of visitors) {
      expect((await visitor.logIn('memory')).status).toBe(200)
      const { status, json } = await visitor.logIn('postgres')
      expect([status, json.error]).toEqual([503, 'ERR_STORAGE_MISSING'])
    }
    await demo.storagesReady
    for (const visitor of visitors) {
      expect((await visitor.logIn('postgres')).status).toBe(200)
      expect((await visitor.send('GET', '/memory/session')).status).toBe(200)
    }
  } finally {
    await demo.close()
  }
})
