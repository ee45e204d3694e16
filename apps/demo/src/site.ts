import { readFileSync } from 'node:fs'

/** A file of the page that a framework has yet to send. */
export interface SiteFile {
  readonly type: string
  readonly body: Buffer
}

const types = { html: 'text/html', css: 'text/css', js: 'text/javascript', svg: 'image/svg+xml' }
const names = ['index.html', 'style.css', 'main.js', 'api.js', 'clocks.js', 'dom.js', 'view.js', 'icon.svg']

/** The demo serves everything itself; the page may load nothing from elsewhere. */
export const siteHeaders = { 'content-security-policy': "default-src 'self'", 'cache-control': 'no-cache' }

// Next to this file's folder, in the sources and in the build.
const folder = new URL('../page/', import.meta.url)

const files = new Map<string, SiteFile>(
  names.map((name) => {
    const type = types[name.split('.')[1] as keyof typeof types]
    return [`/${name}`, { type: `${type}; charset=utf-8`, body: readFileSync(new URL(name, folder)) }]
  }),
)

/** The page's file for a path; undefined if there is none. */
export const siteFile = (path: string): SiteFile | undefined => files.get(path === '/' ? '/index.html' : path)
