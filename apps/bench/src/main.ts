import { availableParallelism, loadavg } from 'node:os'
import { codec } from './codec'
import { http } from './http'
import { requests } from './requests'
import { scale } from './scale'
import { stores } from './stores'

const usual: Record<string, () => Promise<void>> = { codec, requests, stores, http }
/** Sections that take minutes and run only if named. */
const onRequest: Record<string, () => Promise<void>> = { scale }
const sections = { ...usual, ...onRequest }

const asked = process.argv.slice(2)
const unknown = asked.find((name) => !Object.hasOwn(sections, name))
if (unknown !== undefined) {
  console.error(`There is no section ${unknown}; there are ${Object.keys(sections).join(', ')}.`)
  process.exit(2)
}
console.log(`Node ${process.version}, ${availableParallelism()} cores, ${new Date().toISOString().slice(0, 10)}`)
for (const name of asked.length > 0 ? asked : Object.keys(usual)) {
  const before = loadavg()[0]!
  await sections[name]!()
  console.log(`\nLoad of the machine: ${before.toFixed(1)} before, ${loadavg()[0]!.toFixed(1)} after.`)
}
