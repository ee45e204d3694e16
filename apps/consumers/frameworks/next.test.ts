import { afterAll, beforeAll, it } from 'vitest'
import { browser, journey } from '../../../test/ecosystem/site'
import { Project } from './project'

let project: Project
let url: string
beforeAll(async () => {
  project = await Project.create('next')
  await project.run('npx', 'next', 'build')
  url = await project.start('main.js')
})
afterAll(() => project?.close())

it('Next goes through the journey with a custom server and its API routes', async () => {
  await journey(project.clock, browser(`${url}/api`))
})

it('Next goes through the journey with route handlers that call webSession', async () => {
  await journey(project.clock, browser(`${url}/web`))
})
