import { apiPages } from './api'
import { allPages } from './pages'

/** A part of the sidebar. */
export interface SidebarGroup {
  readonly text: string
  readonly collapsed?: boolean
  readonly items: readonly { readonly text: string; readonly page: string }[]
}

const group = (text: string, pages: Record<string, string>, collapsed = false): SidebarGroup => ({
  text,
  collapsed,
  items: Object.entries(pages).map(([page, text]) => ({ text, page: `${page}.md` })),
})

/** All pages of the site, in reading order. */
export const sidebar: readonly SidebarGroup[] = [
  group('Start', {
    overview: 'Overview',
    switching: 'From another library',
    demo: 'The demo',
  }),
  group('Guides', {
    guards: 'Guards',
    kong: 'Kong',
    adapters: 'Adapters',
    ecosystem: 'Other packages',
  }),
  group('Operations', {
    production: 'Running in production',
    observability: 'Watching sessions',
    events: 'Events and counters',
    incident: 'Sign everyone out',
    measurements: 'Measurements',
  }),
  group('Security', {
    'threat-model': 'Threat model, guarantees',
    asvs: 'OWASP ASVS',
    support: 'Support',
  }),
  group('Packages', packages(), true),
  group('API reference', apiPages(), true),
  group('The project', {
    architecture: 'Architecture',
    contributing: 'Contributing',
    'decisions/index': 'Decisions',
  }),
]

function packages(): Record<string, string> {
  const pages = [...allPages().values()].filter((page) => page.startsWith('packages/'))
  return Object.fromEntries(pages.map((page) => page.replace(/\.md$/, '')).map((page) => [page, page.split('/')[1]!]))
}
