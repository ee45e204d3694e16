#!/usr/bin/env node
import { text } from 'node:stream/consumers'
import { run } from './run'

const { argv, env, stdin, stdout, stderr } = process

// Only the answer goes to stdout. What the application's module prints there, with console.log too, goes to stderr.
const write = stdout.write.bind(stdout)
stdout.write = stderr.write.bind(stderr)

run({
  argv: argv.slice(2),
  env,
  cwd: process.cwd(),
  isTTY: stdout.isTTY === true,
  input: () => (stdin.isTTY ? Promise.resolve('') : text(stdin)),
  after: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  crashed: new Promise((_, reject) => process.on('uncaughtException', reject)),
  print: (line) => write(`${line}\n`),
  complain: (line) => stderr.write(`sojourn: ${line}\n`),
}).then((code) => {
  process.exitCode = code
  // The configuration may hold connections open, which would keep this process alive. What was written must be out first.
  write('', () => stderr.write('', () => process.exit(code)))
})
