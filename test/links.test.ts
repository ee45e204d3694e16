import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { withSiteLinks } from '../apps/docs/src/links'
import { allPages } from '../apps/docs/src/pages'
import { root } from './workspace-copy'

const pages = allPages()

it.each([...pages.keys()])('%s has no link to a file that is not there', (path) => {
  const markdown = readFileSync(root + path, 'utf8')
  expect(() => withSiteLinks(markdown, path, { pages, repository: undefined })).not.toThrow()
})
