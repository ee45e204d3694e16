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
    concepts: 'Concepts',
    'choosing-a-store': 'Choosing a store',
    switching: 'From another library',
    'switching-examples': 'Packages on req.session',
    demo: 'The demo',
  }),
  group('Quick start', {
    'quick-start/express': 'Express',
    'quick-start/koa': 'Koa',
    'quick-start/fastify': 'Fastify',
    'quick-start/node': 'node:http',
    'quick-start/hono': 'Hono',
    'quick-start/nextjs': 'Next.js',
    examples: 'Examples',
  }),
  group('Recipes', {
    'recipes/login': 'Log in and out',
    'recipes/oauth': 'OAuth and SameSite',
    'recipes/remember-me': 'Remember me',
    'recipes/long-sessions': '30 days logged in',
    'recipes/step-up': 'Step-up',
    'recipes/sign-out-everywhere': 'Sign out everywhere',
    'recipes/sockets': 'WebSockets',
    'recipes/testing': 'Testing an application',
  }),
  group('Guides', {
    errors: 'Errors and outcomes',
    guards: 'Guards',
    kong: 'Kong',
    adapters: 'Adapters',
    ecosystem: 'Other packages',
  }),
  group('Operations', {
    operations: 'Operations',
    production: 'Running in production',
    observability: 'Watching sessions',
    events: 'Events and counters',
    incident: 'Sign everyone out',
    measurements: 'Measurements',
  }),
  group('Security', {
    security: 'Security',
    'threat-model': 'Threat model, guarantees',
    asvs: 'OWASP ASVS',
    support: 'Support',
  }),
  group('Extending', {
    'custom-store': 'Writing a store',
    'custom-adapter': 'Writing an adapter',
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
