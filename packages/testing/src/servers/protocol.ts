import { connect } from 'node:net'

/**
 * Sends one request on its own connection and resolves with the result of `parse`, once that is not
 * undefined. Rejects if the server refuses, closes the connection, or does not reply within two seconds.
 */
function exchange<T>(port: number, request: Buffer | string, parse: (reply: Buffer) => T | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request))
    let reply = Buffer.alloc(0)
    socket.setTimeout(2_000, () => socket.destroy(new Error(`no answer on port ${port}`)))
    socket.on('data', (chunk) => {
      reply = Buffer.concat([reply, chunk])
      const result = parse(reply)
      if (result === undefined) return
      resolve(result)
      socket.destroy()
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error(`hung up on port ${port}`)))
  })
}

/** Runs one Redis command whose reply is text or a number. Rejects with an error reply's message. */
export async function redisCommand(port: number, ...words: (string | number)[]): Promise<string> {
  const bulk = words.map((word) => `$${Buffer.byteLength(`${word}`)}\r\n${word}\r\n`)
  const reply = await exchange(port, `*${words.length}\r\n${bulk.join('')}`, redisReply)
  if (reply.startsWith('-')) throw new Error(reply.slice(1))
  return reply.slice(1)
}

/** Parses one reply: its type character and content, without length and line ends. Undefined while it is incomplete. */
function redisReply(received: Buffer): string | undefined {
  const lineEnd = received.indexOf('\r\n')
  if (lineEnd < 0) return undefined
  const line = received.toString('utf8', 0, lineEnd)
  if (!line.startsWith('$')) return line
  const end = lineEnd + 2 + Number(line.slice(1))
  return received.length < end + 2 ? undefined : `$${received.toString('utf8', lineEnd + 2, end)}`
}

/** Whether a Postgres accepts the user `postgres`: one that is still starting, or recovering, answers with an error instead. */
export async function postgresAccepts(port: number): Promise<boolean> {
  const parameters = Buffer.from('user\0postgres\0database\0postgres\0\0')
  const startup = Buffer.alloc(8)
  startup.writeInt32BE(startup.length + parameters.length, 0)
  startup.writeInt32BE(3 << 16, 4)
  const firstReply = await exchange(port, Buffer.concat([startup, parameters]), (reply) =>
    reply.toString('latin1', 0, 1),
  )
  return firstReply === 'R'
}
