import morgan from 'morgan'
import { expect, it } from 'vitest'
import { expressSite } from './express-site'
import { browser, journey, serve } from './site'

it('morgan before the session logs the status and length of what was sent', async () => {
  const lines: string[] = []
  const format = ':method :url :status :res[content-length]'
  const logger = morgan(format, { stream: { write: (line: string) => lines.push(line.trim()) } })
  const { app, clock } = expressSite({ before: [logger] })
  await journey(clock, browser(await serve(app)))
  expect(lines.slice(0, 2)).toEqual(['POST /login 200 27', 'POST /change 200 32'])
})
