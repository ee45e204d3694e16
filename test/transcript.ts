import { CookieJar } from '@sojourn/session-testing'

/** What a transcript with curl says next to what it should: one line for each answer. */
export async function replay(transcript: string, port: number): Promise<{ said: string[]; expected: string[] }> {
  const jars = new Map<string, CookieJar>()
  const [said, expected]: [string[], string[]] = [[], []]
  const lines = transcript.trim().split('\n')
  for (const [i, line] of lines.entries()) {
    if (!line.startsWith('$ ')) continue
    const [command, ...words] = line.slice(2).split(' ')
    if (command === 'cp') {
      jars.set(words[1]!, jars.get(words[0]!)!.copy())
      continue
    }
    const jar = jars.get(words[words.indexOf('-b') + 1]!) ?? new CookieJar()
    jars.set(words[words.indexOf('-c') + 1]!, jar)
    const method = words.includes('-X') ? words[words.indexOf('-X') + 1]! : 'GET'
    const url = `http://${words.at(-1)!.replace('localhost:3000', `127.0.0.1:${port}`)}`
    const response = await fetch(url, { method, headers: jar.header ? { cookie: jar.header } : {} })
    jar.take(response.headers.getSetCookie())
    said.push(`${line}\n${await response.text()}`)
    expected.push(`${line}\n${lines[i + 1]}`)
  }
  return { said, expected }
}
