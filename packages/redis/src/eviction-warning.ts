import type { Send } from './client'

const warn = (message: string): void => {
  if (typeof process === 'object' && process?.emitWarning) process.emitWarning(message, 'SojournWarning')
  else console.warn(message)
}

/**
 * The same sender, which after its first command that succeeds asks once whether Redis may evict what it is to
 * keep, and warns. INFO tells it also where a managed service refuses CONFIG. Where it is refused too, nobody is
 * bothered; no failure in here reaches anybody.
 */
export function warnOfEviction(send: Send, prefix: string, onWarning: (message: string) => void = warn): Send {
  let asked = false
  const ask = async () => {
    asked = true
    const info = String(await send(prefix, ['info', 'memory']))
    const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1]
    if (policy === undefined || policy === 'noeviction' || /^maxmemory:0\s*$/m.test(info)) return
    onWarning(
      `Redis evicts keys when its memory is full (maxmemory-policy ${policy}): sessions would end early, and ended ` +
        'ones could come back with the marks of their end. Set maxmemory-policy to noeviction.',
    )
  }
  const sendAndAsk: Send = async (key, command) => {
    const reply = await send(key, command)
    if (!asked) ask().catch(() => {})
    return reply
  }
  return (key, command) => (asked ? send : sendAndAsk)(key, command)
}
