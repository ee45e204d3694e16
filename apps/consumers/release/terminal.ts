import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Page } from '../../../test/pages'
import { run } from './command'
import type { Project } from './managers'

/** Does what a page says, up to the command that starts its server. Yields that command. */
export async function follow({ blocks }: Page, { folder, env }: Project): Promise<string> {
  const commands = (code: string) => code.trim().split('\n')
  const start = commands(blocks.findLast(({ language }) => language === 'sh')!.code).at(-1)!
  for (const { language, file, code } of blocks) {
    if (file) {
      await mkdir(dirname(join(folder, file)), { recursive: true })
      await writeFile(join(folder, file), code)
    } else if (language === 'sh') {
      for (const command of commands(code)) if (command !== start) await run(['sh', '-c', command], folder, env)
    }
  }
  return start
}

/** Types the commands of a transcript into a shell. Yields the transcript as it then is. */
export async function typed(transcript: string, { folder, env }: Project, port: number): Promise<string> {
  let said = ''
  for (const [line, command] of transcript.matchAll(/^\$ (.*)\n/gm)) {
    const printed = await run(['sh', '-c', command!.replace('localhost:3000', `localhost:${port}`)], folder, env)
    said += line + (printed && `${printed}\n`)
  }
  return said
}
