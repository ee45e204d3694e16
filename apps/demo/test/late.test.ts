import { expect, it } from 'vitest'
import { startedDemo } from './started'
import { Visitor } from './visitor'

it('a storage that takes long is missing at first and there later, in every framework, and nobody is logged out', async () => {
  // Without a server to use, Postgres is PGlite, which takes a moment to start.
  const { demo, urls } = await startedDemo({ POSTGRES_URL: '' }, { patience: 0 })
  try {
    const visitors = urls.map((url) => new Visitor(url))
    for (const visitor of visitors) {
      expect((await visitor.logIn('memory')).status).toBe(200)
      const { status, json } = await visitor.logIn('postgres')
      expect([status, json.error]).toEqual([503, 'ERR_STORAGE_MISSING'])
    }
    await demo.settled
    for (const visitor of visitors) {
      expect((await visitor.logIn('postgres')).status).toBe(200)
      expect((await visitor.send('GET', '/memory/session')).status).toBe(200)
    }
  } finally {
    await demo.close()
  }
})
