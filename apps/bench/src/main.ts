import { availableParallelism, loadavg } from 'node:os'
import { codec } from './codec'
import { http } from './http'
import { readCommandLine } from './http/options'
import { requests } from './requests'
import { scale } from './scale'
import { stores } from './stores'
import { updates } from './updates'

const asked = commandLine()
const usual: Record<string, () => Promise<void>> = { codec, requests, stores, updates, http: () => http(asked.http) }
/** Sections with a million sessions, which run only if named. */
const onRequest: Record<string, () => Promise<void>> = { scale }
const sections = { ...usual, ...onRequest }

const unknown = asked.sections.find((name) => !Object.hasOwn(sections, name))
if (unknown !== undefined) fail(`There is no section ${unknown}; there are ${Object.keys(sections).join(', ')}.`)
console.log(`Node ${process.version}, ${availableParallelism()} cores, ${new Date().toISOString().slice(0, 10)}`)
for (const name of asked.sections.length > 0 ? asked.sections : Object.keys(usual)) {
  const before = loadavg()[0]!
  await sections[name]!()
  console.log(`\nLoad of the machine: ${before.toFixed(1)} before, ${loadavg()[0]!.toFixed(1)} after.`)
}

function commandLine() {
  try {
    return readCommandLine(process.argv.slice(2))
  } catch (error) {
    return fail((error as Error).message)
  }
}

function fail(message: string): never {
  console.error(message)
  process.exit(2)
}
