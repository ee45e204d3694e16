import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { compile } from './compile'

// Small projects. Lines that must not compile are marked `@ts-expect-error`.
const root = fileURLToPath(new URL('..', import.meta.url))
const projects = readdirSync(`${root}packages`)
  .map((name) => `packages/${name}/test/compile`)
  .filter((folder) => existsSync(root + folder))
  .flatMap((folder) => readdirSync(root + folder).map((file) => `${folder}/${file}`))

describe('compile', () => {
  it.each(projects)('%s compiles, but for the lines that it marks', (file) => {
    expect(compile(root + file)).toEqual([])
  })
})
