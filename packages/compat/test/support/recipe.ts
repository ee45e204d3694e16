import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** Runs the code below a heading of a page in docs, as it stands there. Yields what it exports. */
export async function recipe<Exports>(page: string, heading: string): Promise<Exports> {
  const text = await readFile(new URL(`../../../../docs/${page}`, import.meta.url), 'utf8')
  const [, section] = text.split(new RegExp(`^#+ ${heading}\n`, 'm'))
  const code = section?.split(/^#+ /m)[0]?.split('```ts\n')[1]?.split('```')[0]
  if (code === undefined) throw new Error(`${page} has no code below ${heading}`)
  // In this package, where what it imports resolves as in a user's project.
  const parent = fileURLToPath(new URL('../.recipes/', import.meta.url))
  await mkdir(parent, { recursive: true })
  const folder = await mkdtemp(parent)
  try {
    await writeFile(`${folder}/recipe.ts`, code)
    return (await import(/* @vite-ignore */ `${folder}/recipe.ts`)) as Exports
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
