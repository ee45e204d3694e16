import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { writeApi } from './api'
import { isPicture, withSiteLinks } from './links'
import { allPages, root } from './pages'

/** Writes all that VitePress builds the site from into an empty folder: pages with the site's links, images, the reference. */
export async function stage(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  const repository = await repositoryUrl()
  const pages = allPages()
  for (const [path, page] of pages) {
    const markdown = await readFile(join(root, path), 'utf8')
    const target = join(folder, page)
    await mkdir(dirname(target), { recursive: true })
    await writeFile(target, withSiteLinks(markdown, path, { pages, repository }))
  }
  for (const picture of await pictures()) await cp(join(root, 'docs', picture), join(folder, picture))
  await mkdir(join(folder, 'public'), { recursive: true })
  await cp(join(root, 'apps/demo/page/public/icon.svg'), join(folder, 'public/icon.svg'))
  await writeApi(join(folder, 'api'), repository)
}

/** The files of `docs/` that pages show. */
async function pictures(): Promise<string[]> {
  const files = await readdir(join(root, 'docs'), { recursive: true })
  return files.map((file) => file.replaceAll('\\', '/')).filter((file) => isPicture(`docs/${file}`))
}

/** The repository that the owner has filled in: `https://github.com/owner/name`. */
async function repositoryUrl(): Promise<string | undefined> {
  const { repository } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const url: string = typeof repository === 'string' ? repository : repository.url
  return url.replace(/^git\+/, '').replace(/\.git$/, '') || undefined
}
