import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { modulesOf, readPages } from '../../pages'

// The page's own test, over the adapter that the page has.
const file = fileURLToPath(new URL('.page/custom-adapter.ts', import.meta.url))
const [module] = modulesOf((await readPages()).find(({ path }) => path === 'docs/custom-adapter.md')!)
await mkdir(new URL('.page/', import.meta.url), { recursive: true })
await writeFile(file, module!.code)
await import(/* @vite-ignore */ file)
