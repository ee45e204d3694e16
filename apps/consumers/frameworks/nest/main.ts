import 'reflect-metadata'
import { All, Controller, HttpCode, Module, Param, Req } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import { expressSession } from '@sojourn/session-express'
import { fastifySession } from '@sojourn/session-fastify'
import { act, sessions } from './sessions.mjs'

@Controller()
class Shop {
  @All(':action')
  @HttpCode(200)
  act(@Req() request: object, @Param('action') action: string) {
    return act(sessions.of(request), action)
  }
}

@Module({ controllers: [Shop] })
class Application {}

async function create() {
  const options = { logger: ['error' as const] }
  if (process.argv[2] === 'express') {
    const app = await NestFactory.create(Application, new ExpressAdapter(), options)
    return app.use(expressSession(sessions))
  }
  const app = await NestFactory.create<NestFastifyApplication>(Application, new FastifyAdapter(), options)
  await app.register(fastifySession, { sessions })
  return app
}

const app = await create()
await app.listen(0, '127.0.0.1')
console.log(await app.getUrl())
