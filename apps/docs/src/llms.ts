import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { SidebarGroup } from './sidebar'

/**
 * For readers that are programs: every page as the Markdown it is made of, beside its HTML; `llms.txt`, the list of them
 * (https://llmstxt.org); and `llms-full.txt`, all pages in the order of the sidebar.
 */
export async function writeForPrograms(
  { source, target, pages }: { source: string; target: string; pages: readonly string[] },
  groups: readonly SidebarGroup[],
): Promise<void> {
  for (const page of pages) {
    await mkdir(dirname(join(target, page)), { recursive: true })
    await copyFile(join(source, page), join(target, page))
  }
  const list: string[] = []
  const full: string[] = []
  for (const { text, items } of groups) {
    list.push(`\n## ${text}\n`)
    for (const item of items) {
      const markdown = await readFile(join(source, item.page), 'utf8')
      list.push(`- [${item.text}](/${item.page})${summary(markdown)}`)
      full.push(`<!-- /${item.page} -->\n\n${markdown.trim()}\n`)
    }
  }
  const intro =
    '# Sojourn\n\n> HTTP sessions for TypeScript that stay correct when requests race, stores fail and cookies are stolen.\n'
  await writeFile(join(target, 'llms.txt'), `${intro}${list.join('\n')}\n`)
  await writeFile(join(target, 'llms-full.txt'), full.join('\n'))
}

/** The first sentence below a page's title, without links and behind a colon; nothing if there is a heading. */
function summary(markdown: string): string {
  const [, paragraph = ''] = markdown.split(/\n\n+/)
  const [sentence] = /^[\w`[].*?[.:](?= |$)/.exec(paragraph.replaceAll('\n', ' ')) ?? []
  return sentence ? `: ${sentence.replace(/\[([^\]]+)\]\([^)]+\)/g, '$1').replace(/[.:]$/, '')}` : ''
}
