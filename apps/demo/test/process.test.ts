import { execFile } from 'node:child_process'
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { apiTests, storeTests } from './api'
import { buildDemo, startDemo } from './child'
import { Visitor } from './visitor'

// Not in a hook, because the list of storages must be known when tests are collected.
const program = await buildDemo()
const demo = await startDemo(program, { PORT: '0' })
const express = demo.urls.get('Express')!
type About = { storages: { name: string; problem?: string }[]; attempts: { name: string }[] }
const about = async () => (await (await fetch(`${express}/demo.json`)).json()) as About
const isStarting = ({ storages }: About) => storages.some(({ problem }) => problem?.includes('still starting'))

let known = await about()
while (isStarting(known)) {
  await delay(200)
  known = await about()
}
const { storages } = known

/** The ids of a process's child processes. */
async function childrenOf(pid: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid='])
  const pairs = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
  return pairs.filter(([, parent]) => parent === pid).map(([id]) => id!)
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

afterAll(() => demo.end('SIGTERM'))

for (const { name, problem } of storages) {
  if (problem) it.skip(`${name}: ${problem}`)
  else for (const [framework, url] of demo.urls) apiTests(`${name} storage in ${framework}`, url, name)
  if (!problem && name !== 'cookie') storeTests(`${name} storage`, express, name)
  if (!problem && name !== 'cookie') {
    it(`${name} storage › holds against every attempt, in the frameworks in turn`, async () => {
      const visitors = [...demo.urls.values()].map((url) => new Visitor(url))
      const reports: Record<string, unknown> = {}
      for (const [index, attempt] of known.attempts.entries()) {
        const visitor = visitors[index % visitors.length]!
        const { json } = await visitor.send('POST', `/demo/attempt/${attempt.name}?storage=${name}`)
        reports[attempt.name] = json.ours.held || json.ours.sentence
      }
      expect(reports).toEqual(Object.fromEntries(known.attempts.map((attempt) => [attempt.name, true])))
    })
  }
}

describe('demo', () => {
  it('start › prints the address of the first framework last', () => {
    const last = demo.output().trim().split('\n').at(-1)
    expect(last).toBe(`Ready, in Express: ${express}`)
    expect([...demo.urls.keys()].sort()).toEqual(['Express', 'Fastify', 'Koa'])
  })

  it('session › is the same in every framework', async () => {
    const visitor = new Visitor(express)
    await visitor.logIn('memory')
    for (const [index, url] of [...demo.urls.values()].entries()) {
      expect((await visitor.copy(url).send('POST', '/memory/session/counter')).json).toEqual({ counter: index + 1 })
    }
  })

  it('session › of one storage is not valid in another', async () => {
    const visitor = new Visitor(express)
    await visitor.logIn('memory')
    expect((await visitor.send('GET', '/cookie/session')).json.outcome).toBe('none')
    visitor.jar.set('__Host-sojourn-cookie', visitor.jar.get('__Host-sojourn-memory')!)
    expect((await visitor.send('GET', '/cookie/session')).status).toBe(401)
  })

  it('cookie storage › answers 501 with the reason to what it does not support, and ends other sessions', async () => {
    for (const url of demo.urls.values()) {
      const [here, there] = [new Visitor(url), new Visitor(url)]
      await here.logIn('cookie')
      await there.logIn('cookie')
      const listed = await here.send('GET', '/cookie/sessions')
      expect([listed.status, listed.json.error]).toEqual([501, 'ERR_SESSION_UNSUPPORTED'])
      expect(listed.json.message).toMatch(/cannot list sessions/)
      expect((await here.send('DELETE', '/cookie/sessions/any')).status).toBe(501)
      expect((await here.send('DELETE', '/cookie/sessions')).json).toEqual({ ended: null })
      expect((await there.send('GET', '/cookie/session')).status).toBe(401)
      expect((await here.send('GET', '/cookie/session')).status).toBe(200)
    }
  })

  it('cookie storage › answers 413 to data that does not fit, and keeps the earlier data', async () => {
    for (const url of demo.urls.values()) {
      const visitor = new Visitor(url)
      await visitor.logIn('cookie')
      const { status, json } = await visitor.send('PUT', '/cookie/session/data/a', JSON.stringify('x'.repeat(20_000)))
      expect([status, json.error]).toEqual([413, 'ERR_SESSION_TOO_LARGE'])
      expect((await visitor.send('GET', '/cookie/session')).json.data).toEqual({})
    }
  })

  it('paths outside of the storages › get a 404 in JSON, badly encoded ones a 400 or 404', async () => {
    for (const url of demo.urls.values()) {
      for (const path of ['/nothing', '/nothing/session', '/MEMORY/session', '/memoryx', '//', '/demo.json/x']) {
        const { status, json } = await new Visitor(url).send('GET', path)
        expect([url, path, status, json.error]).toEqual([url, path, 404, 'ERR_NOT_FOUND'])
      }
      const { status, json } = await new Visitor(url).send('GET', '/%ff')
      expect([status, json]).toEqual([
        expect.toSatisfy((code) => code === 400 || code === 404),
        { error: expect.any(String), message: expect.any(String) },
      ])
    }
  })

  it('page › is served by every framework, with a policy that allows no other source', async () => {
    for (const url of demo.urls.values()) {
      for (const [path, type] of [
        ['/', 'text/html'],
        ['/main.js', 'text/javascript'],
        ['/main.css', 'text/css'],
      ]) {
        const response = await fetch(`${url}${path}`)
        expect(response.headers.get('content-type')).toContain(type)
        expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'self'; (?!.*(script|style)-src)/)
        expect(response.headers.getSetCookie()).toEqual([])
        expect((await response.text()).length).toBeGreaterThan(100)
      }
    }
  })
})

describe('demo process', () => {
  it('a signal › stops the servers it has started, with exit code 0', async () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const child = await startDemo(program, { PORT: '0' })
      const started = await childrenOf(child.process.pid!)
      if (child.output().includes('a Redis of its own')) expect(started.length).toBeGreaterThan(0)
      expect(await child.end(signal)).toBe(0)
      // A server that was still starting is ended by its reaper, just after the demo.
      await expect.poll(() => started.filter(isAlive), { timeout: 20_000 }).toEqual([])
    }
    // PGlite needs many seconds to start on a busy machine.
  }, 90_000)

  it('listens on loopback only', async () => {
    const { port } = new URL(express)
    const outside = Object.values(networkInterfaces()).flatMap((addresses) => addresses!)
    for (const { address } of outside.filter(({ internal, family }) => !internal && family === 'IPv4')) {
      await expect(fetch(`http://${address}:${port}/demo.json`)).rejects.toThrow('fetch failed')
    }
  })

  it('a wrong variable › is named in the message, with exit code 1', async () => {
    const wrong = { PORT: '70000', IDLE: '-1', ROLLING: 'soon', ABSOLUTE: '1e400', SESSION_SECRET: 'short' }
    for (const [name, value] of Object.entries({
      ...wrong,
      COOKIE_SECURE: 'no',
      REDIS_URL: '6379',
      POSTGRES_URL: 'x',
    })) {
      const child = await startDemo(program, { PORT: '0', [name]: value })
      expect(child.output()).toContain(`The demo cannot start: ${name} must`)
      expect(child.process.exitCode).toBe(1)
    }
  })

  it('sojourn › explains a cookie of the running demo, and says what to do if it does not run', async () => {
    const visitor = new Visitor(express)
    await visitor.logIn('memory')
    const explain = (address: string) => {
      const folder = dirname(program)
      const args = [join(folder, 'sojourn.js'), 'explain', '--config', join(folder, 'sessions.js')]
      const said = promisify(execFile)(process.execPath, args, { env: { ...process.env, DEMO_URL: address } })
      said.child.stdin!.end(visitor.jar.header)
      return said
    }
    expect((await explain(express)).stdout).toMatch(/^resumed \(current\)\n/)
    await expect(explain('http://127.0.0.1:1')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^sojourn: .*the demo does not answer at http:.*: start it with npm run demo/),
    })
  })

  it('a secret that can be guessed › is refused with a message that does not repeat it, with exit code 1', async () => {
    const child = await startDemo(program, { PORT: '0', SESSION_SECRET: 'ab'.repeat(24) })
    expect(child.output()).toMatch(/The demo cannot start: SESSION_SECRET must be another one: .*openssl rand/)
    expect(child.output()).not.toContain('abab')
    expect(child.process.exitCode).toBe(1)
  })

  it('a port in use › is named in the message, with exit code 1', async () => {
    const squatter = createServer()
    await new Promise<void>((done) => squatter.listen(0, '127.0.0.1', done))
    const { port } = squatter.address() as { port: number }
    const child = await startDemo(program, { PORT: `${port}` })
    squatter.close()
    expect(child.output()).toContain(`The demo cannot start: port ${port}, for Express, is in use`)
    expect(child.process.exitCode).toBe(1)
  })

  it('missing servers › do not stop it, and their storages answer 503 with the reason in every framework', async () => {
    const [redis, postgres] = ['redis://a:secret@127.0.0.1:1', 'postgres://a:secret@127.0.0.1:1/b']
    const child = await startDemo(program, {
      PORT: '0',
      REDIS_URL: redis,
      POSTGRES_URL: postgres,
      COOKIE_SECURE: 'false',
    })
    expect(child.output()).not.toContain('secret@')
    for (const url of child.urls.values()) {
      for (const [storage, reason] of Object.entries({ redis: 'no Redis at', postgres: 'no Postgres at' })) {
        const { status, json } = await new Visitor(url).logIn(storage)
        expect([status, json.error]).toEqual([503, 'ERR_STORAGE_MISSING'])
        expect(json.message).toContain(`${reason} 127.0.0.1:1 (`)
      }
      const { cookies } = await new Visitor(url).logIn('memory')
      expect(cookies[0]).toMatch(/^sojourn-memory=.+; Path=\/; HttpOnly; SameSite=Strict$/)
    }
    expect(await child.end('SIGINT')).toBe(0)
  })
})
