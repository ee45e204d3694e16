import type { ServerSettings } from './http/server-process'

// The process of one server. It exits when its parent disconnects.
const { framework, library, place, behind }: ServerSettings = JSON.parse(process.argv[2]!)

const { now } = Date
if (behind > 0) Date.now = () => now() - behind
// After the clock is set: a library may keep Date.now when it is loaded.
const { servers } = await import('./servers')

const server = servers.find((server) => server.framework === framework && server.library === library)
if (!server) throw new Error(`There is no server with ${library} on ${framework}`)
const { port } = await server.listen(place)
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send!(user + system)
})
process.on('disconnect', () => process.exit())
process.send!(port)
