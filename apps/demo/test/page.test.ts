import { describe, expect, it } from 'vitest'
import { button, inChromium, logIn, seen } from './in-chromium'

inChromium('page', ({ start, startFull, visit }) => {
  describe('page', () => {
    it('logs in, shows the session, changes its data and logs out', async () => {
      const { urls } = await start()
      const page = await visit(urls[0]!)
      await seen(page, 'Your browser sent no session cookie.')
      await logIn(page)
      await seen(page, 'your cookie named a live session')
      expect(await page.locator('#subject').textContent()).toBe('admin')
      expect(await page.locator('.clock svg').count()).toBe(3)
      await page.getByLabel('Value, in JSON').fill('["<b>tea</b>"]')
      await button(page, 'Store').click()
      await seen(page, '["<b>tea</b>"]')
      await button(page, 'Add one to the counter').click()
      await button(page, 'Delete counter').waitFor()
      await button(page, 'Delete cart').click()
      await button(page, 'Delete cart').waitFor({ state: 'detached' })
      await button(page, 'Log out').click()
      await seen(page, 'You logged out.')
    })

    it('shows the same session in the other frameworks, and another one in each storage', async () => {
      const { urls } = await start()
      const page = await visit(urls[0]!)
      await logIn(page)
      const id = await page.locator('#id').textContent()
      for (const [index, name] of ['Express', 'Koa', 'Fastify'].entries()) {
        await page.getByRole('link', { name }).click()
        await seen(page, `${name} answered`)
        await button(page, 'Log out').waitFor()
        expect([page.url(), await page.locator('#id').textContent()]).toEqual([`${urls[index]}/#memory`, id])
      }
      await page.getByRole('link', { name: 'cookie' }).click()
      await logIn(page)
      await seen(page, 'This storage keeps no list')
      await seen(page, 'the whole session is in the cookie')
      await page.getByRole('link', { name: 'redis' }).click()
      await seen(page, 'no Redis at 127.0.0.1:1')
      await seen(page, 'Their storage “kong” is the demo’s postgres, which is missing: no Postgres at 127.0.0.1:1')
      expect(await page.locator('#kong-https').getByRole('button').isDisabled()).toBe(true)
      expect(await button(page, 'Log in to redis').isDisabled()).toBe(true)
      await page.getByRole('link', { name: 'memory' }).click()
      await button(page, 'Log out').waitFor()
    })

    it('logs in with one click in all three frameworks and all four storages', async () => {
      for (const url of await startFull()) {
        const page = await visit(url)
        for (const link of await page.getByRole('navigation', { name: 'Storage' }).getByRole('link').all()) {
          await link.click()
          const storage = await link.textContent()
          await seen(page, new RegExp(`The storage ${storage} (keeps sessions|is missing)`))
          if (await page.getByText(`The storage ${storage} is missing`).count()) continue
          await logIn(page)
          await button(page, 'Store').click()
          await button(page, 'Delete cart').waitFor()
        }
      }
    }, 90_000)

    it('shows the cookie without its secret, and the row of the storage', async () => {
      const { urls } = await start()
      const page = await visit(urls[0]!)
      await logIn(page)
      const [cookie] = await page.context().cookies(urls[0]!)
      const { name, value } = (await page.context().cookies(urls[0]!)).find(
        (each) => each.name === '__Host-sojourn-memory',
      )!
      expect(cookie!.httpOnly).toBe(true)
      await seen(page, `${name}=${value.split('.')[0]}`)
      await seen(page, `"id": "${value.split('.')[0]}"`)
      expect(await page.content()).not.toContain(value.split('.')[1])
      expect(await page.evaluate(() => document.cookie)).toBe('')
    })

    it('signs a second browser out by the event, not by a timer or a request of its own', async () => {
      const { urls } = await start()
      const [here, there] = [await visit(urls[0]!), await visit(urls[2]!)]
      for (const page of [here, there]) await logIn(page)
      await here.locator('#list li').nth(1).waitFor()
      const sent: string[] = []
      there.on('request', (request) => sent.push(request.url()))
      await there.clock.install()
      await there.clock.pauseAt(Date.now() + 1000)
      await button(here, 'End all others').click()
      await seen(there, 'This session was ended from another browser')
      expect(sent).toEqual([])
      await here.locator('#list li').nth(1).waitFor({ state: 'detached' })
    })

    it('ends one session of the list, and shows the events of all browsers', async () => {
      const { urls } = await start()
      const [here, there] = [await visit(urls[0]!), await visit(urls[1]!)]
      for (const page of [here, there]) await logIn(page)
      await here.locator('#list li').filter({ hasNotText: 'this one' }).getByRole('button').click()
      await seen(there, 'This session was ended from another browser')
      await here.locator('#events li').filter({ hasText: 'ended: from another browser' }).waitFor()
      await here.locator('#list li').getByRole('button').click()
      await seen(here, /You are not logged in/)
    })

    it('remembers a login', async () => {
      const { urls } = await start()
      const page = await visit(urls[0]!)
      await page.getByLabel('Remember me').check()
      await logIn(page)
      await page.context().clearCookies({ name: '__Host-sojourn-memory' })
      await button(page, 'Send a request').click()
      await seen(page, 'your remember-me cookie began a new one')
      await seen(page, 'not with the password')
    })

    it('runs the clocks down, tells what ended the session, and sends nothing that would keep it alive', async () => {
      const { urls, advance, now } = await start({ IDLE: '15' }, true)
      const page = await visit(urls[0]!, { time: now() })
      advance(60)
      await logIn(page)
      const idle = page.locator('.clock.idle .time')
      expect(await idle.textContent()).toBe('0:15')
      const requests: string[] = []
      page.on('request', (request) => requests.push(request.url()))
      await page.clock.runFor(5000)
      expect(await idle.textContent()).toBe('0:10')
      await page.clock.runFor(11_000)
      expect(await idle.textContent()).toBe('0:00')
      expect(requests).toEqual([])
      advance(16)
      await page.clock.runFor(1000)
      await seen(page, 'The session has expired: there was no activity for too long.')
    })

    it('shows the moment of renewal', async () => {
      const { urls, advance, now } = await start({ IDLE: '0', ROLLING: '60', ABSOLUTE: '0' }, true)
      const page = await visit(urls[1]!, { time: now() })
      advance(60)
      await logIn(page)
      await seen(page, 'in 0:45, at the mark, a request renews it.')
      advance(46)
      await page.clock.runFor(46_000)
      await seen(page, 'the next request renews it.')
      await button(page, 'Send a request').click()
      await page.locator('#renewed').filter({ hasText: 'renewed at' }).waitFor()
      await page.locator('#events li').filter({ hasText: 'a new cookie, the same session' }).waitFor()
      expect(await page.locator('.clock.rolling .time').textContent()).toBe('1:00')
    })

    it('sets the clocks for all browsers', async () => {
      const { urls } = await start()
      const [here, there] = [await visit(urls[0]!), await visit(urls[1]!)]
      for (const page of [here, there]) await logIn(page)
      await here.getByLabel('Set the clocks').fill('30')
      for (const page of [here, there]) await page.locator('.clock.idle .of').filter({ hasText: 'of 0:30' }).waitFor()
      await seen(there, 'the clocks were set')
    })

    it('makes every attempt, and tells in a sentence what Sojourn and express-session did', async () => {
      const { urls } = await start()
      const page = await visit(urls[2]!)
      for (const each of await page.locator('.attempts li.card').all()) {
        await each.getByRole('button', { name: /^Try it: / }).click()
        await each.locator('.verdict').nth(1).waitFor()
        expect(await each.locator('.verdict h4').first().textContent()).toBe('Sojourn held')
      }
      const theirs = await page.locator('.verdict h4').filter({ hasText: 'express-session' }).allTextContents()
      expect(theirs.filter((text) => text.includes('did not hold')).length).toBeGreaterThan(3)
      await page.locator('#attempt-replay summary').first().click()
      await seen(page, 'DELETE /auth → 200')
    })

    it('shows the policy in force and what it means for each requirement, and both follow the clocks and the storage', async () => {
      const { urls } = await start({ COOKIE_SECURE: 'false' })
      const page = await visit(urls[1]!)
      const policy = page.getByRole('region', { name: 'The policy in force' })
      await policy.getByText('1:00 after the last activity, 4:00 after the last renewal').waitFor()
      await policy
        .getByText('sojourn-memory, HttpOnly, SameSite=Strict, Path=/, gone when the browser closes')
        .waitFor()
      const cookies = page.getByRole('region', { name: 'OWASP ASVS 5.0, V3: cookies' })
      await cookies.getByText(/^\d met, 2 not met, \d the application’s$/).click()
      expect(await cookies.getByRole('listitem').first().textContent()).toMatch(/^3\.3\.1 cookies are Secure.*not met/)
      const limits = page.getByRole('region', { name: 'NIST SP 800-63B-4' })
      await limits.getByText(/1 not met/).click()
      await limits.getByText('idle is 60 s').first().waitFor()
      await page.getByLabel('Set the clocks').fill('30')
      await limits.getByText('idle is 30 s').first().waitFor()
      await policy.getByText('0:30 after the last activity').waitFor()
      await page.getByRole('link', { name: 'cookie' }).click()
      await policy.getByText('What the manager of cookie says').waitFor()
      await policy.getByText('sojourn-cookie, HttpOnly').waitFor()
      expect(await page.getByRole('link', { name: 'The same as Markdown' }).getAttribute('href')).toBe(
        '/demo/policy.md?storage=cookie',
      )
    })

    it('shows the cookie and the logout of both configurations of Kong', async () => {
      const [url] = await startFull()
      const page = await visit(url!)
      const tour = async (name: string) => {
        const part = page.locator(`#kong-${name}`)
        await part.getByRole('button').click()
        await part.getByText('6 requests').click()
        return {
          facts: await part.locator('dd').allTextContents(),
          requests: await part.locator('.exchanges li code').allTextContents(),
        }
      }
      const none = 'No Session-* header came: this configuration has no response_headers.'
      const logout =
        'DELETE alone was answered with 404, and you were still let in as admin. With session_logout it was answered with 200, ' +
        'and the cookie was cleared. A copy of it was then refused (401, unknown).'
      const https = await tour('https')
      expect(https.facts).toEqual([
        '$4m04$, Path=/, HttpOnly, Secure, SameSite=Strict; gone when the browser closes.',
        none,
        logout,
      ])
      expect(https.requests).toEqual([
        'POST /auth → 200 ',
        expect.stringMatching(/^Set-Cookie: \$4m04\$=.+; Path=\/; HttpOnly; Secure; SameSite=Strict$/),
        'GET /auth → 200 ',
        'DELETE /auth → 404 ERR_NOT_FOUND',
        'GET /auth → 200 ',
        'DELETE /auth?session_logout=true → 200 ',
        expect.stringMatching(/^Set-Cookie: \$4m04\$=; Max-Age=0/),
        'GET /auth → 401 unknown, ERR_NO_SESSION',
      ])
      expect((await tour('http')).facts).toEqual([
        '04tm34l, Path=/, HttpOnly, SameSite=Strict; gone when the browser closes.',
        none,
        logout,
      ])
    }, 90_000)

    it('shows messages in view, also if the page is scrolled down', async () => {
      const [url] = await startFull()
      const page = await visit(url!, { viewport: { width: 360, height: 640 } })
      await page.evaluate(() => scrollTo(0, document.body.scrollHeight))
      expect(await page.evaluate(() => scrollY)).toBeGreaterThan(1000)
      const answer = { json: { message: 'A message of the server.' }, status: 299 }
      await page.route('**/demo/kong/https', (route) => route.fulfill(answer))
      await page.locator('#kong-https').getByRole('button').click()
      await seen(page, 'A message of the server.')
      const { y, height } = (await page.getByRole('status').boundingBox())!
      expect([y >= 0, y + height <= 640]).toEqual([true, true])
    })
  })
})
