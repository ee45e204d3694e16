import { mkdir, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { SessionManager } from '@sojourn/session-core'
import { CookieJar } from '@sojourn/session-testing'
import type { Express } from 'express'
import request from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { modulesOf, readPages } from '../../pages'

// Here, where the packages resolve that the recipes name.
const folder = fileURLToPath(new URL('.page/recipes/', import.meta.url))
const pages = await readPages()

process.env.SESSION_SECRET = 'uH4pS8nV2bX6mQ9wE3rT7yK1jL5gD0aZ'
await mkdir(folder, { recursive: true })

/** Runs the code of a recipe, and yields what it declares. */
async function run(recipe: string, names: string): Promise<Record<string, unknown>> {
  const [module] = modulesOf(pages.find(({ path }) => path === `docs/recipes/${recipe}.md`)!)
  await writeFile(`${folder}${recipe}.ts`, `${module!.code}\n${names}`)
  return import(/* @vite-ignore */ `${folder}${recipe}.ts`)
}

afterAll(() => rm(folder, { recursive: true, force: true }))

// Its tests are this file's.
describe('the recipe for tests', async () => {
  await run('testing', '')
})

describe('the recipe for signing out everywhere', () => {
  let app: Express
  let sessions: SessionManager
  beforeAll(async () => {
    const declared = await run('sign-out-everywhere', 'export { app, sessions }')
    app = declared.app as Express
    sessions = declared.sessions as SessionManager
    app.post('/login', (req, res) =>
      sessions
        .of(req)
        .login('ada')
        .then(() => res.end()),
    )
  })

  const send = async (jar: CookieJar, method: 'get' | 'post', path: string) => {
    const response = await request(app)
      [method](path)
      .set('cookie', jar.header ?? '')
    jar.take(response.headers['set-cookie'] ?? [])
    return response
  }
  const loggedIn = async () => {
    const jar = new CookieJar()
    await send(jar, 'post', '/login')
    return jar
  }
  const devices = async (jar: CookieJar) =>
    (await send(jar, 'get', '/devices')).body as { id: string; isThisOne: boolean }[]

  it('lists the devices, and logs out one of them', async () => {
    const [own, other] = [await loggedIn(), await loggedIn()]
    const list = await devices(own)
    expect(list.map(({ isThisOne }) => isThisOne).sort()).toEqual([false, true])
    const { id } = list.find(({ isThisOne }) => !isThisOne)!
    expect((await send(own, 'post', `/devices/${id}/logout`)).status).toBe(204)
    expect((await send(own, 'post', `/devices/${id}/logout`)).status).toBe(404)
    expect(await devices(other)).toEqual([])
    await send(own, 'post', '/logout-everywhere')
  })

  it('logs out everywhere, this device too', async () => {
    const [own, other] = [await loggedIn(), await loggedIn()]
    expect((await send(own, 'post', '/logout-everywhere')).status).toBe(302)
    expect(own.names).toEqual([])
    for (const jar of [own, other]) expect(await devices(jar)).toEqual([])
  })

  it('keeps this device alone when the password is changed, under a new token', async () => {
    const [own, other] = [await loggedIn(), await loggedIn()]
    const stolen = own.copy()
    expect((await send(own, 'post', '/password')).status).toBe(200)
    expect(await devices(own)).toMatchObject([{ isThisOne: true }])
    for (const jar of [other, stolen]) expect(await devices(jar)).toEqual([])
  })
})
