import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import { entries } from '../src/api'
import { allPages, root } from '../src/pages'
import { sidebar } from '../src/sidebar'

// Reads the output of the latest build.
const dist = join(root, 'apps/docs/dist')
const files = new Set(
  readdirSync(dist, { recursive: true, encoding: 'utf8' }).map((file) => file.replaceAll('\\', '/')),
)
const pages = [...files].filter((file) => file.endsWith('.html') && file !== '404.html')
const html = new Map(pages.map((page) => [page, readFileSync(join(dist, page), 'utf8')]))
const text = (file: string) => readFileSync(join(dist, file), 'utf8')

/** The links of a page to pages of the site: what is written, the page, and the anchor. */
function linksOf(page: string): { href: string; target: string; anchor: string }[] {
  return [...html.get(page)!.matchAll(/<a [^>]*href="([^"]+)"/g)]
    .map(([, href]) => href!.replaceAll('&amp;', '&'))
    .filter((href) => !/^[a-z]+:/.test(href))
    .map((href) => {
      const [path = '', anchor = ''] = href.split('#').map(decodeURIComponent)
      const target =
        path === '' ? page : posix.join(path.startsWith('/') ? '' : posix.dirname(page), path).replace(/^\//, '')
      return { href, target: target === '' || target.endsWith('/') ? `${target}index.html` : target, anchor }
    })
}

describe('the site', () => {
  it.each(pages)('%s has no link to a page or an anchor that is not there', (page) => {
    const broken = linksOf(page).filter(({ target, anchor }) => {
      if (!files.has(target)) return true
      return anchor !== '' && !(html.get(target) ?? '').includes(` id="${anchor}"`)
    })
    expect(broken.map(({ href }) => href)).toEqual([])
  })

  it('has every page in its sidebar, decisions by their index', () => {
    const listed = sidebar.flatMap(({ items }) => items.map(({ page }) => page))
    const all = [...allPages().values()].filter((page) => page !== 'index.md' && !/^decisions\/\d/.test(page))
    expect(all.filter((page) => !listed.includes(page))).toEqual([])
    expect(new Set(listed).size).toBe(listed.length)
  })

  it('asks no other host for a script, a style, a font or an image', () => {
    const loaded = /<(?:script|link|img|iframe)[^>]*(?:src|href)="(?:https?:)?\/\/|@import|url\(["']?(?:https?:)?\/\//
    const loading = [...files].filter((file) => /\.(?:html|css)$/.test(file) && loaded.test(text(file)))
    expect(loading).toEqual([])
  })
})

describe('the API reference', () => {
  it('has a page for every entry that a package exports', () => {
    const exported = readdirSync(join(root, 'packages')).flatMap((name) => {
      const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'))
      const paths = Object.keys(manifest.exports).filter((path) => path !== './package.json')
      return paths.map((path) => manifest.name + path.slice(1))
    })
    expect(Object.keys(entries).sort()).toEqual(exported.sort())
    expect(exported.filter((entry) => !files.has(`api/${entry}.html`))).toEqual([])
  })
})

describe('for programs, the site', () => {
  it('has every page as Markdown, with links between them', () => {
    expect(pages.filter((page) => !files.has(page.replace(/\.html$/, '.md')))).toEqual([])
    expect(text('events.md')).toContain('[Login at another site](./switching.md#login-at-another-site)')
    expect(text('packages/core.md')).toContain('](../events.md)')
  })

  it('lists them in llms.txt, which names what each is about, and has their text in llms-full.txt', () => {
    const list = text('llms.txt')
    const linked = [...list.matchAll(/\]\(\/([^)]+)\)/g)].map(([, file]) => file!)
    expect(linked.filter((file) => !files.has(file))).toEqual([])
    expect(list).toContain('- [Guards](/guards.md): Every adapter has two guards\n')
    for (const file of linked) expect(text('llms-full.txt')).toContain(text(file).trim())
  })
})
