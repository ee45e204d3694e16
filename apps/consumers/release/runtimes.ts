/** Runtimes other than Node that run the README's server, by the packages in which they come. */
export const runtimes = [
  { name: 'Bun', command: ['npx', '--yes', 'bun@1', 'run'] },
  { name: 'Deno', command: ['npx', '--yes', 'deno@2', 'run', '--allow-all'] },
]
