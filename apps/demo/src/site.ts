import { readFileSync } from 'node:fs'

/** A file of the page, before a framework sends it. */
export interface SiteFile {
  readonly type: string
  readonly body: Buffer
}

const types = { html: 'text/html', css: 'text/css', js: 'text/javascript', svg: 'image/svg+xml' }
const names = ['index.html', 'style.css', 'main.js', 'api.js', 'clocks.js', 'dom.js', 'view.js', 'icon.svg']

/** Everything is served by the demo itself, and nothing else may run on the page. */
export const siteHeaders = { 'content-security-policy': "default-src 'self'", 'cache-control': 'no-cache' }

// Beside this file's folder, both in the sources and in the build.
const folder = new URL('../page/', import.meta.url)

const files = new Map<string, SiteFile>(
  names.map((name) => {
    const type = types[name.split('.')[1] as keyof typeof types]
    return [`/${name}`, { type: `${type}; charset=utf-8`, body: readFileSync(new URL(name, folder)) }]
  }),
)

/** The page's file under a path, if there is one. */
export const siteFile = (path: string): SiteFile | undefined => files.get(path === '/' ? '/index.html' : path)
