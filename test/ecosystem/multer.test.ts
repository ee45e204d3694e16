import type { CookieJar } from '@sojourn/session-testing'
import multer from 'multer'
import { expect, it } from 'vitest'
import { expressSite } from './express-site'
import { browser, journey, logIn, serve } from './site'

it('multer reads an upload after the session was opened, and the handler changes the session', async () => {
  const { app, sessions, clock } = expressSite()
  app.post('/files/upload', multer().single('file'), async (req, res) => {
    const { file } = req as unknown as { file: { originalname: string; size: number } }
    await sessions.of(req).update('cart', (cart = []) => [...cart, `${file.originalname}: ${file.size}`])
    res.json(sessions.of(req).data)
  })
  const url = await serve(app)
  const visit = browser(url)
  await journey(clock, visit)
  const jar: CookieJar = await logIn(visit)
  const body = new FormData()
  body.append('file', new Blob(['x'.repeat(500_000)]), 'photo.jpg')
  const response = await fetch(`${url}/files/upload`, { method: 'POST', body, headers: { cookie: jar.header! } })
  expect(await response.json()).toEqual({ cart: ['tea', 'photo.jpg: 500000'] })
})
