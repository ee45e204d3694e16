import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { readPages } from '../../../test/pages'
import { createProject, managers } from './managers'
import { withServer } from './server'
import { follow, typed } from './terminal'

const { registry, caches } = inject('published')
const pages = (await readPages()).filter(({ path }) => path.startsWith('docs/quick-start/'))

describe.each(pages)('$path', (page) => {
  it('leads from an empty folder to its transcript', async () => {
    const project = await createProject(managers[0]!, registry, caches)
    await rm(join(project.folder, 'package.json'))
    delete project.env.SESSION_SECRET
    const start = await follow(page, project)
    const transcript = page.blocks.find(({ language }) => language === 'console')!.code
    await withServer(['sh', '-c', start], project, async (port) => {
      expect(await typed(transcript, project, port)).toBe(transcript)
    })
  })
})
