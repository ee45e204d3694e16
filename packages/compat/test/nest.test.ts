import 'reflect-metadata'
import { Body, Controller, Get, HttpCode, Module, Post, Req, Session } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import type { Request } from 'express'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Step, serve, transcript } from './support/browser'
import { MIDDLEWARE } from './support/express-site'

// biome-ignore lint/suspicious/noExplicitAny: values of this site
type Bag = any

const promised = (run: (done: (error?: unknown) => void) => void) =>
  new Promise<void>((resolve, reject) => run((error) => (error ? reject(error) : resolve())))

@Controller()
class Shop {
  @Get('me')
  me(@Session() { cookie, ...data }: Bag, @Req() req: Request) {
    return { ...data, lifetime: cookie.originalMaxAge, isSame: req.sessionID === req.session.id }
  }

  @Post('cart')
  @HttpCode(200)
  cart(@Session() session: Bag, @Body() { item }: { item: string }) {
    session.cart = [...(session.cart ?? []), item]
    return session.cart
  }

  @Post('login')
  async login(@Session() session: Bag, @Req() req: Request) {
    await promised((done) => session.regenerate(done))
    Object.assign(req.session, { user: 'ada' })
    await promised((done) => req.session.save(done))
    return 'in'
  }

  @Post('logout')
  async logout(@Session() session: Bag, @Req() req: Request) {
    await promised((done) => session.destroy(done))
    return String(req.session)
  }
}

@Module({ controllers: [Shop] })
class Application {}

async function nestSite(name: keyof typeof MIDDLEWARE): Promise<string> {
  const app = await NestFactory.create(Application, new ExpressAdapter(), { logger: false })
  app.use(MIDDLEWARE[name]())
  await app.init()
  onTestFinished(() => app.close())
  return serve(app.getHttpAdapter().getInstance())
}

const STEPS: readonly Step[] = [
  '/me',
  ['/cart', { item: 'tea' }],
  ['/cart', { item: 'milk' }],
  '/me',
  ['/login', {}],
  '/me',
  ['/cart', { item: 'tea' }],
  '/me',
  ['/logout', {}],
  '/me',
]

describe('NestJS with @Session()', () => {
  it.each(['store mode', 'cookie mode'] as const)('has the transcript of express-session, in %s', async (mode) => {
    const [theirs, ours] = await Promise.all(
      (['express-session', mode] as const).map(async (name) => transcript(await nestSite(name), STEPS)),
    )
    expect(ours).toEqual(theirs)
    expect(theirs!.join('\n')).toContain('"user":"ada"')
  })
})
