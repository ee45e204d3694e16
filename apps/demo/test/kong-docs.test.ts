import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { startedDemo } from './started'
import { consoleBlocks, hasCurl, replay } from './transcript'

const blocks = consoleBlocks(await readFile(new URL('../../../docs/kong.md', import.meta.url), 'utf8'))
const start = /^\$ (\w+)='(.*)' npm run demo$/

it('docs/kong.md › has a console block for each configuration of the page', () => {
  const configurations = blocks.map(([first]) => JSON.parse(start.exec(first!)![2]!))
  expect(configurations).toEqual([
    { cookie_name: '$4m04$', secret: 'change-this-secret', storage: 'kong' },
    { cookie_name: '04tm34l', secret: 'change-this-secret', storage: 'kong', cookie_secure: false },
  ])
})

it.skipIf(!hasCurl).each(blocks)('docs/kong.md › %s answers as shown (skipped without curl 7.79)', async (...lines) => {
  const [, variable, conf] = start.exec(lines[0]!)!
  const { demo, urls } = await startedDemo({ POSTGRES_URL: '', [variable!]: conf! }, { clock: Date.now })
  try {
    await demo.storagesReady
    await replay(lines.slice(1), urls)
  } finally {
    await demo.close()
  }
})
