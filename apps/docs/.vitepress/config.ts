import { join } from 'node:path'
import { slug } from 'github-slugger'
import { defineConfig } from 'vitepress'
import { drawDiagrams } from '../src/diagrams'
import { writeForPrograms } from '../src/llms'
import { root } from '../src/pages'
import { sidebar } from '../src/sidebar'
import { stage } from '../src/stage'

const site = join(root, 'apps/docs')
const source = join(site, '.cache/pages')

export default async ({ command }: { command: string }) => {
  if (command === 'build') await stage(source)
  return defineConfig({
    title: 'Sojourn',
    description:
      'HTTP sessions for TypeScript that stay correct when requests race, stores fail and cookies are stolen',
    lang: 'en',
    srcDir: source,
    outDir: join(site, 'dist'),
    cacheDir: join(site, '.cache/vitepress'),
    head: [['link', { rel: 'icon', href: '/icon.svg', type: 'image/svg+xml' }]],
    markdown: {
      // The anchors that GitHub gives, so that a link holds in both.
      anchor: { slugify: slug },
      config: drawDiagrams,
    },
    themeConfig: {
      logo: '/icon.svg',
      outline: [2, 3],
      search: {
        provider: 'local',
        options: {
          miniSearch: {
            // The guides have a question's answer; the reference and the decisions have each of its words more often.
            searchOptions: { boostDocument: (page: string) => (/^\/(?:api|decisions)\//.test(page) ? 0.2 : 1) },
          },
        },
      },
      nav: [
        { text: 'Guide', link: '/overview' },
        { text: 'API', link: '/api/' },
      ],
      sidebar: sidebar.map(({ text, collapsed, items }) => ({
        text,
        collapsed: collapsed ?? false,
        items: items.map(({ text, page }) => ({ text, link: `/${page.replace(/\.md$/, '')}` })),
      })),
    },
    buildEnd: ({ outDir, pages }) => writeForPrograms({ source, target: outDir, pages }, sidebar),
  })
}
