import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Session } from '@sojourn/session-core'
import type { OpenStorage } from '../storages'
import type { EventHub } from './event-hub'

/** Keeps proxies and browsers from taking a silent stream for a dead one. */
const HEARTBEAT = 15_000

/**
 * Sends a user's events as they happen (server-sent events), and after each the list of the user's sessions, until the
 * browser leaves. Neither is activity of the session.
 */
export function sendLive(
  req: IncomingMessage,
  res: ServerResponse,
  hub: EventHub,
  { name, sessions }: OpenStorage,
  session: Session,
): void {
  const subject = session.subject!
  res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' })
  res.write('retry: 1000\n\n')
  const sendList = async () => {
    const list = await sessions.list(subject).catch(() => undefined)
    if (list) res.write(`event: sessions\ndata: ${JSON.stringify(list)}\n\n`)
  }
  const stop = hub.listen(name, subject, (event) => {
    res.write(`data: ${JSON.stringify(event)}\n\n`)
    void sendList()
  })
  const heartbeat = setInterval(() => res.write(': still here\n\n'), HEARTBEAT)
  req.on('close', () => {
    stop()
    clearInterval(heartbeat)
  })
  void sendList()
}
