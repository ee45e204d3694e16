import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'

/** A file of the page. */
export interface SiteFile {
  readonly type: string
  readonly body: Buffer
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** The page may load nothing from elsewhere, and run no script but its own. */
export const siteHeaders = {
  'content-security-policy': "default-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-cache',
}

/** The page's file for a path of the form `/name.ext`; undefined if there is none. */
export async function siteFile(folder: URL, path: string): Promise<SiteFile | undefined> {
  const name = path === '/' ? '/index.html' : path
  const body = await readFile(new URL(`.${name}`, folder)).catch(() => undefined)
  return body && { type: types[extname(name)]!, body }
}
