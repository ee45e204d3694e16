import { renderMermaidSVG } from 'beautiful-mermaid'
import type { MarkdownRenderer } from 'vitepress'

/** Draws blocks of Mermaid when the site is built, in the theme's colours: GitHub draws them from the same source. */
export function drawDiagrams(markdown: MarkdownRenderer): void {
  const fence = markdown.renderer.rules.fence!
  markdown.renderer.rules.fence = (tokens, index, ...rest) => {
    const { info, content } = tokens[index]!
    if (info.trim() !== 'mermaid') return fence(tokens, index, ...rest)
    const svg = renderMermaidSVG(content, { bg: 'var(--vp-c-bg)', fg: 'var(--vp-c-text-1)', transparent: true })
    // Its stylesheet asks another host for a font.
    const own = svg.replace(/@import url\(.*\);/g, '').replaceAll("'Inter', system-ui", 'system-ui')
    return `<figure class="diagram" v-pre>${own}</figure>`
  }
}
