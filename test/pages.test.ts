import { describe, expect, it } from 'vitest'
import { asCommonJs, modulesOf, readPages } from './pages'

const pages = await readPages()

describe.each(pages.filter(({ blocks }) => blocks.length > 0))('$path', ({ blocks }) => {
  it('names the language of every block, and hides none from the tests', () => {
    const unnamed = blocks.filter(({ language }) => !language).map(({ at }) => at)
    const marked = blocks.filter(({ mark }) => mark).map(({ at, mark }) => `${at} ${mark}`)
    expect({ unnamed, marked }).toEqual({ unnamed: [], marked: [] })
  })

  it('has code in no language that the consumers’ tests would pass over', () => {
    const tested = ['ts', 'sh', 'console']
    const data = ['text', 'json', 'yaml', 'sql', 'mermaid', 'redis', 'html', 'http', 'ini', 'lua', 'diff']
    const others = blocks.filter(({ language }) => ![...tested, ...data].includes(language ?? ''))
    expect(others.map(({ at, language }) => `${at} ${language}`)).toEqual([])
  })
})

it('a module for CommonJS keeps imports and declarations outside, and exports nothing', () => {
  const code = "import { a } from 'a' // why\nexport default { a }\ndeclare const c: string\n"
  expect(asCommonJs(code)).toBe(
    "import { a } from 'a'\ndeclare const c: string\nasync function main() { // why\nreturn { a }}\nmain()\n",
  )
})

it('blocks of a page that go on from one another make one module, and a name that comes again a new one', () => {
  const block = (code: string) => ({ at: 'page.md:1', language: 'ts', mark: undefined, code })
  const blocks = ["import { a } from 'a'\n", 'const b = a()\n', "import { a } from 'a'\n"].map(block)
  expect(modulesOf({ path: 'page.md', blocks }).map(({ code }) => code)).toEqual([
    "import { a } from 'a'\nconst b = a()\n",
    "import { a } from 'a'\n",
  ])
})
