import { expect } from 'vitest'
import { type RedisClient, redisRevocations, redisStore } from '../../src/index'
import { present, rewrite, row } from './fixture'

let ids = 0

/** Checks that a client can do all that a session needs, from its creation to its end. */
export async function works(client: RedisClient): Promise<void> {
  const id = `s${++ids}`
  const store = redisStore(client)
  const seen = row(id, { subjectKeys: [`k ${id}`] })
  expect(await store.create(seen)).toBe(true)
  expect(await store.update(rewrite(seen), seen)).toBe(true)
  expect(await store.touch(id, present, present)).toBe(true)
  expect(await store.acquire(`k ${id}`, id, present)).toEqual([])
  expect((await store.read(id))?.id).toBe(id)
  expect(await store.deleteBySubject(`k ${id}`, { limit: 1000 })).toEqual({ deleted: 1 })
  expect(await store.delete(id)).toBe(false)
  const revocations = redisRevocations(client)
  await revocations.revoke(id, { notBefore: present, expiresAt: Date.now() + 60_000 })
  expect((await revocations.read([id]))[0]?.notBefore).toBe(present)
}
