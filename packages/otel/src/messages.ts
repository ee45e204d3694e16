import type {
  SessionCommitMessage,
  SessionMessage,
  SessionOpenMessage,
  SessionOperationMessage,
  SessionStoreMessage,
} from '@sojourn/session-core'

/** The messages of the tracing channels, by the name of their channel. */
export interface Messages {
  open: SessionOpenMessage
  commit: SessionCommitMessage
  operation: SessionOperationMessage
  store: SessionStoreMessage
}

/** What reads the messages of one channel. */
export interface Reader<Message extends SessionMessage> {
  started?(message: Message): void
  over(message: Message): void
}

export type Readers = { readonly [Name in keyof Messages]: Reader<Messages[Name]> }

/** What an operation failed with, as a label: a code from a closed list, or the kind of the error. */
export function errorType({ error }: SessionMessage): string | undefined {
  if (error === undefined) return undefined
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown }
  const isOurs = typeof code === 'string' && /^ERR_(SESSION|STORE)_/.test(code)
  return isOurs ? code : String(name ?? '_OTHER')
}
