import { existsSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { root } from './pages'

type Node = ReturnType<typeof fromMarkdown> | ReturnType<typeof fromMarkdown>['children'][number]

/** What links are written with. */
export interface LinkTargets {
  /** The pages: path in the repository, path on the site. */
  readonly pages: ReadonlyMap<string, string>
  /** `https://github.com/owner/name`, for files that are no pages. Without one, such a link becomes plain text. */
  readonly repository: string | undefined
}

interface Edit {
  readonly from: number
  readonly to: number
  readonly text: string
}

/**
 * A page's Markdown with its relative links changed from the repository's tree to the site's.
 * @throws if a link leads to no file of the repository
 */
export function withSiteLinks(markdown: string, path: string, targets: LinkTargets): string {
  const edits: Edit[] = []
  const visit = (node: Node): void => {
    if ('children' in node) for (const child of node.children) visit(child)
    if (node.type !== 'link' && node.type !== 'image') return
    const { url } = node
    if (/^(?:[a-z]+:|#|\/)/.test(url)) return
    const [start, end] = [node.position!.start.offset!, node.position!.end.offset!]
    // An autolink has no brackets; and of a link around an image, the last one is its own.
    const at = start + markdown.slice(start, end).lastIndexOf(`](${url}`)
    if (at < start) return
    const target = siteUrl(url, path, targets)
    if (target !== undefined) edits.push({ from: at + 2, to: at + 2 + url.length, text: target })
    else edits.push({ from: start, to: start + 1, text: '' }, { from: at, to: end, text: '' })
  }
  visit(fromMarkdown(markdown))
  return edits
    .sort((a, b) => b.from - a.from)
    .reduce((text, { from, to, text: inserted }) => text.slice(0, from) + inserted + text.slice(to), markdown)
}

/** Where a relative link of a page leads on the site; undefined where the site has nothing for it. */
function siteUrl(url: string, path: string, { pages, repository }: LinkTargets): string | undefined {
  const [file = '', anchor] = url.split('#')
  const inRepository = posix.join(posix.dirname(path), decodeURI(file)).replace(/\/$/, '')
  const page = pages.get(inRepository) ?? pages.get(`${inRepository}/README.md`)
  const ownFolder = posix.dirname(pages.get(path)!)
  if (page) return relative(ownFolder, page) + (anchor ? `#${anchor}` : '')
  // Above the root are pages of the hosting site: issues, security advisories.
  if (!inRepository.startsWith('..') && !existsSync(join(root, inRepository))) {
    throw new Error(`${path}: the link ${url} leads to no file`)
  }
  if (isPicture(inRepository)) return relative(ownFolder, inRepository.slice('docs/'.length))
  return repository && new URL(url, `${repository}/blob/main/${path}`).href
}

/** Whether the site has this file beside its pages. */
export const isPicture = (path: string) => /^docs\/.*\.(?:png|svg)$/.test(path)

const relative = (from: string, to: string) => {
  const path = posix.relative(from, to)
  return path.startsWith('.') ? path : `./${path}`
}
