import type { Send } from './client'

const emitWarning = (message: string): void => {
  if (typeof process === 'object' && process?.emitWarning) process.emitWarning(message, 'SojournWarning')
  else console.warn(message)
}

/**
 * Wraps a sender: after its first successful command, it asks the server once whether sessions may be evicted, and
 * warns. It asks with INFO, because managed services often refuse CONFIG. If INFO is refused as well, the check is
 * skipped. No error of the check, or of `onWarning`, reaches a caller.
 */
export function warnOfEviction(send: Send, prefix: string, onWarning: (message: string) => void = emitWarning): Send {
  let checked = false
  const check = async () => {
    checked = true
    const info = String(await send(prefix, ['info', 'memory']))
    const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1]
    if (policy === undefined || policy === 'noeviction' || /^maxmemory:0\s*$/m.test(info)) return
    onWarning(
      `Redis evicts keys when its memory is full (maxmemory-policy ${policy}): sessions would end early, and a session ` +
        'that was ended could come back because its revocation was evicted. Set maxmemory-policy to noeviction.',
    )
  }
  const sendAndCheck: Send = async (key, command) => {
    const reply = await send(key, command)
    if (!checked) check().catch(() => {})
    return reply
  }
  return (key, command) => (checked ? send : sendAndCheck)(key, command)
}
