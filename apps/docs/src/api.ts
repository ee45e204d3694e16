import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import GithubSlugger from 'github-slugger'
import { Application, type ProjectReflection } from 'typedoc'
import { root } from './pages'

/** The public entries, as users import them, and the source of each. */
export const entries: Record<string, string> = {
  '@sojourn/session-core': 'core/src/index.ts',
  '@sojourn/session-core/gateway': 'core/src/gateway/index.ts',
  '@sojourn/session-core/kong': 'core/src/kong/index.ts',
  '@sojourn/session-core/resty': 'core/src/resty/index.ts',
  '@sojourn/session-core/rows': 'core/src/persistence/sealed-rows.ts',
  '@sojourn/session-express': 'express/src/index.ts',
  '@sojourn/session-express/bare': 'express/src/bare.ts',
  '@sojourn/session-koa': 'koa/src/index.ts',
  '@sojourn/session-koa/bare': 'koa/src/bare.ts',
  '@sojourn/session-fastify': 'fastify/src/index.ts',
  '@sojourn/session-fastify/bare': 'fastify/src/bare.ts',
  '@sojourn/session-http': 'http/src/index.ts',
  '@sojourn/session-http/web': 'http/src/web.ts',
  '@sojourn/session-redis': 'redis/src/index.ts',
  '@sojourn/session-postgres': 'postgres/src/index.ts',
  '@sojourn/session-connect': 'connect/src/index.ts',
  '@sojourn/session-compat/express': 'compat/src/express.ts',
  '@sojourn/session-compat/koa': 'compat/src/koa.ts',
  '@sojourn/session-compat/fastify': 'compat/src/fastify.ts',
  '@sojourn/session-compat/import': 'compat/src/import/index.ts',
  '@sojourn/session-cli': 'cli/src/index.ts',
  '@sojourn/session-otel': 'otel/src/index.ts',
  '@sojourn/session-testing': 'testing/src/index.ts',
  '@sojourn/session-testing/servers': 'testing/src/servers.ts',
}

/** The reference's pages on the site, without `.md`, and what each is called. */
export const apiPages = (): Record<string, string> =>
  Object.fromEntries(Object.keys(entries).map((entry) => [`api/${entry}`, entry.replace('@sojourn/session-', '')]))

/** Writes the reference of all public entries into a folder: one page for each, and an index. */
export async function writeApi(folder: string, repository: string | undefined): Promise<void> {
  const app = await Application.bootstrapWithPlugins({
    plugin: ['typedoc-plugin-markdown'],
    entryPoints: Object.values(entries).map((source) => join(root, 'packages', source)),
    tsconfig: join(root, 'apps/docs/tsconfig.api.json'),
    compilerOptions: { paths: await sourcePaths() },
    basePath: root,
    outputs: [{ name: 'markdown', path: folder }],
    router: 'module',
    readme: 'none',
    name: 'API',
    disableGit: true,
    ...(repository ? { sourceLinkTemplate: `${repository}/blob/main/{path}#L{line}` } : { disableSources: true }),
    excludeInternal: true,
    excludeExternals: true,
    skipErrorChecking: true,
    logLevel: 'Error',
    githubPages: false,
    ...({
      hidePageHeader: true,
      hideBreadcrumbs: true,
      hideGroupHeadings: false,
      parametersFormat: 'table',
      interfacePropertiesFormat: 'table',
      typeDeclarationFormat: 'table',
      expandObjects: false,
      sanitizeComments: true,
      useCodeBlocks: true,
      fileExtension: '.md',
      entryFileName: 'index',
    } as object),
  })
  const project = await app.convert()
  if (!project) throw new Error('TypeDoc found no entries')
  nameEntries(project)
  await app.generateOutputs(project)
  for (const entry of Object.keys(entries)) {
    const page = join(folder, `${entry}.md`)
    await writeFile(page, withKnownAnchors(await readFile(page, 'utf8')))
  }
}

/** Reads packages from their source: what the workspace's tsconfig names, the platform of Node, and the entries. */
async function sourcePaths(): Promise<Record<string, string[]>> {
  const { compilerOptions } = JSON.parse(await readFile(join(root, 'tsconfig.base.json'), 'utf8'))
  const inBase = Object.entries<[string]>(compilerOptions.paths).map(
    ([name, [path]]) => [name, [path.replace(/^\$\{configDir\}\/\.\.\/\.\.\//, root)]] as const,
  )
  const packages = { '#platform': 'core/src/seal/platform-node.ts', ...entries }
  const inPackages = Object.entries(packages).map(([name, path]) => [name, [join(root, 'packages', path)]] as const)
  return Object.fromEntries([...inBase, ...inPackages].map(([name, paths]) => [name, [...paths]]))
}

/**
 * The plugin takes the member `code` of `SessionStoreError` for a namesake of `SessionStoreErrorCode`, and links to a second
 * heading that there is not.
 */
function withKnownAnchors(markdown: string): string {
  const slugger = new GithubSlugger()
  const anchors = new Set([...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => slugger.slug(heading!)))
  return markdown.replace(/\(#([\w-]+)-\d+\)/g, (link, first) =>
    anchors.has(first) && !anchors.has(link.slice(2, -1)) ? `(#${first})` : link,
  )
}

/** TypeDoc names an entry by its file; users know it by what they import. */
function nameEntries(project: ProjectReflection): void {
  const names = new Map(
    Object.entries(entries).map(([name, source]) => [`packages/${source.replace(/(\/index)?\.ts$/, '')}`, name]),
  )
  for (const entry of project.children ?? []) entry.name = names.get(entry.name) ?? entry.name
}
