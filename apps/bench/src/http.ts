import { mkdir, writeFile } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { OwnServer } from '@sojourn/session-testing/servers'
import { startDatabase } from './databases'
import { machine, shareOfOthers } from './http/machine'
import { markdownOf } from './http/markdown'
import { measureCell } from './http/measure-cell'
import type { HttpOptions } from './http/options'
import { pictureOf } from './http/picture'
import type { HttpResult } from './http/result'
import { startProcess } from './http/server-process'
import type { Storage } from './servers/server'

const folder = fileURLToPath(new URL('../results/', import.meta.url))

/** What sessions cost in each framework and storage, ours beside every peer. Writes Markdown, JSON and a picture. */
export async function http({ cells, plan, quick }: HttpOptions): Promise<void> {
  const result: HttpResult = { machine: machine(), loadAfter: 0, others: 0, plan, measurements: [] }
  const databases = new Map<Storage, OwnServer | undefined>()
  try {
    for (const [n, cell] of cells.entries()) {
      const { framework, storage } = cell
      const isDatabase = storage === 'Redis' || storage === 'Postgres'
      if (isDatabase && !databases.has(storage)) databases.set(storage, await startDatabase(storage))
      const database = databases.get(storage)
      if (isDatabase && !database) continue
      console.error(`${n + 1} of ${cells.length}: ${framework}, ${storage}`)
      const place = { storage, url: database?.url ?? '', namespace: `bench_${framework.toLowerCase()}` }
      if (!quick) result.others = Math.max(result.others, await shareOfOthers())
      result.measurements.push(...(await measureCell(cell, plan, place, startProcess)))
      result.loadAfter = loadavg()[0]!
      // A run that is stopped keeps what it has measured.
      if (!quick) await write(result)
    }
  } finally {
    for (const database of databases.values()) await database?.close()
  }
  if (quick) return console.log(`Every server has answered rightly: ${result.measurements.length} kinds of request.`)
  console.log(markdownOf(result))
  console.log(`Written to ${folder}: http.md, http.json, http.svg.`)
}

async function write(result: HttpResult): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(`${folder}http.md`, markdownOf(result))
  await writeFile(`${folder}http.json`, `${JSON.stringify(result, undefined, 2)}\n`)
  await writeFile(`${folder}http.svg`, pictureOf(result))
}
