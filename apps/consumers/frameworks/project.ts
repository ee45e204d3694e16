import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fakeClock } from '@sojourn/session-testing'
import { root } from '../../../test/workspace-copy'
import { run } from '../release/command'

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/** A project of a user: a copy of a folder beside this file, with our packages as they would be published. */
export class Project {
  /** Moves the clock of all servers of this project. */
  readonly clock = fakeClock(0)
  private readonly servers: ChildProcess[] = []

  private constructor(readonly folder: string) {
    const { advance } = this.clock
    this.clock.advance = (seconds) => {
      advance(seconds)
      this.writeClock()
    }
    this.writeClock()
  }

  /** Copies the folder `name`, and installs what its package.json names, and our packages. */
  static async create(name: string): Promise<Project> {
    const project = new Project(await mkdtemp(join(tmpdir(), `sojourn-${name}-`)))
    await cp(here(name), project.folder, { recursive: true })
    await cp(here('sessions.mjs'), join(project.folder, 'sessions.mjs'))
    const packed = join(project.folder, 'packed')
    await run([process.execPath, 'scripts/run.mjs', 'pack', packed], root)
    const ours = (await readdir(packed)).filter((file) => /session-(core|http|express|fastify)-/.test(file))
    await project.run('npm', 'install', '--no-audit', '--no-fund', ...ours.map((file) => join(packed, file)))
    return project
  }

  /** Runs a program of the project to its end. */
  run(...command: string[]): Promise<string> {
    return run(command, this.folder, this.env)
  }

  /** Starts a server. Yields the address that it prints. */
  async start(...command: string[]): Promise<string> {
    const server = spawn(process.execPath, command, {
      cwd: this.folder,
      env: this.env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.servers.push(server)
    let printed = ''
    for await (const text of server.stdout) {
      printed += text
      const url = /http:\/\/\S+(?=\s)/.exec(printed)
      if (url) return url[0]
    }
    throw new Error(`${command.join(' ')} ended:\n${printed}`)
  }

  /** Ends the servers, and removes the folder. */
  async close(): Promise<void> {
    for (const server of this.servers) server.kill('SIGKILL')
    await rm(this.folder, { recursive: true, force: true })
  }

  private readonly secret = randomBytes(48).toString('base64')

  private get env(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      NODE_ENV: 'production',
      NEXT_TELEMETRY_DISABLED: '1',
      SESSION_SECRET: this.secret,
      CLOCK_FILE: this.clockFile,
    }
  }

  private get clockFile(): string {
    return join(this.folder, 'clock')
  }

  private writeClock(): void {
    writeFileSync(this.clockFile, String(this.clock()))
  }
}
