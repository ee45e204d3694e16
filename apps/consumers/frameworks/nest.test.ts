import { build } from 'esbuild'
import { afterAll, beforeAll, it } from 'vitest'
import { browser, journey } from '../../../test/ecosystem/site'
import { Project } from './project'

let project: Project
beforeAll(async () => {
  project = await Project.create('nest')
  await build({
    entryPoints: [`${project.folder}/main.ts`],
    outfile: `${project.folder}/main.mjs`,
    bundle: true,
    packages: 'external',
    external: ['./sessions.mjs'],
    platform: 'node',
    format: 'esm',
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
  })
})
afterAll(() => project?.close())

it.each(['express', 'fastify'])('Nest on %s goes through the journey', async (platform) => {
  await journey(project.clock, browser(await project.start('main.mjs', platform)))
})
