import type { IncomingMessage } from 'node:http'
import type { LoginOptions } from '@sojourn/session-core'
import { Refusal } from './answer'

/** The only account. Not a secret: the page shows it. */
const account = { name: 'admin', password: 'sojourn' }

/** The user whom the Basic credentials of a request name. @throws Refusal 401 if they are wrong or missing. */
export function checkAccount({ headers }: IncomingMessage): string {
  const { name, password } = basicCredentials(headers.authorization)
  if (name === account.name && password === account.password) return name
  // No WWW-Authenticate header: browsers would open their own dialog.
  throw new Refusal(401, 'ERR_CREDENTIALS', `Log in as ${account.name} with the password ${account.password}.`)
}

/** What a login says besides the user: the browser as a label, and whether `?remember=true` asks for remember-me. */
export const loginOptions = ({ url, headers }: IncomingMessage): LoginOptions => ({
  label: headers['user-agent']?.slice(0, 200),
  remember: new URLSearchParams(url?.split('?')[1]).get('remember') === 'true',
})

/** RFC 7617. A header that cannot be read yields no name. */
function basicCredentials(header = ''): { name?: string; password?: string } {
  const [, encoded = ''] = /^basic +(\S+)$/i.exec(header) ?? []
  const [, name, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? []
  return name === undefined || password === undefined ? {} : { name, password }
}

/** The Basic credentials of the account. */
export const basicAuthorization = () => `Basic ${Buffer.from(`${account.name}:${account.password}`).toString('base64')}`
