import { createServer, type RequestListener } from 'node:http'
import { CookieJar, serveOnLoopback } from '@sojourn/session-testing'
import { onTestFinished } from 'vitest'

/** What one visit sends: a path, with a form for a POST. */
export type Step = string | readonly [path: string, form: Record<string, string>]

/** Serves until the test ends. Yields the URL. */
export async function serve(listener: RequestListener): Promise<string> {
  const { url, close } = await serveOnLoopback(createServer(listener))
  onTestFinished(close)
  return url
}

/** A browser with cookies of its own. Each visit yields one line: what was asked and answered. */
export function browser(url: string, jar = new CookieJar()) {
  return {
    jar,
    async visit(step: Step): Promise<string> {
      const [path, form] = typeof step === 'string' ? [step] : step
      const headers: Record<string, string> = jar.header ? { cookie: jar.header } : {}
      const init = form && { method: 'POST', body: new URLSearchParams(form) }
      const response = await fetch(url + path, { ...init, headers, redirect: 'manual' })
      // In cookie mode a new token also clears what was left under other paths; this jar has none.
      jar.take(response.headers.getSetCookie().filter((line) => /; Path=\/(;|$)/i.test(line)))
      const location = response.headers.get('location')
      const answer = [response.status, location && `→ ${location}`, await response.text()]
      return `${form ? 'POST' : 'GET'} ${path}: ${answer.filter(Boolean).join(' ')}`
    },
  }
}

/** The lines of a journey. `{last}` in a form is the body of the visit before. */
export async function transcript(url: string, steps: readonly Step[]): Promise<string[]> {
  const { visit } = browser(url)
  const lines: string[] = []
  let last = ''
  for (const step of steps) {
    const filled: Step =
      typeof step === 'string'
        ? step
        : [
            step[0],
            Object.fromEntries(Object.entries(step[1]).map(([name, value]) => [name, value.replace('{last}', last)])),
          ]
    const line = await visit(filled)
    last = line.split(' ').at(-1)!
    lines.push(line)
  }
  return lines
}
