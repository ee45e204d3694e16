import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { startedDemo } from './started'
import { consoleBlocks, hasCurl, replay } from './transcript'

it.skipIf(!hasCurl)('README › the curl transcript is what the demo answers (skipped without curl 7.79)', async () => {
  const { demo, urls } = await startedDemo()
  try {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
    await replay(consoleBlocks(readme)[0]!, urls)
    expect(readme.split('\n').length).toBeLessThan(45)
  } finally {
    await demo.close()
  }
})
