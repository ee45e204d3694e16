import { type Certificate, freePort, type OwnServer } from '@sojourn/session-testing/servers'
import { Redis } from 'ioredis'

/** The user of the tests. The default user has a password that only the tests' administrator knows. */
export const credentials = { username: 'sojourn', password: 'a password for tests' }

/** Opens a TLS port on a running Redis and requires credentials from now on. Returns the TLS port. */
export async function secure({ url }: Pick<OwnServer, 'url'>, certificate: Certificate): Promise<number> {
  const admin = new Redis(url)
  const port = await freePort()
  const { certFile, keyFile } = certificate
  const files = ['tls-cert-file', certFile, 'tls-key-file', keyFile, 'tls-ca-cert-file', certFile] as const
  await admin.config('SET', ...files, 'tls-auth-clients', 'no', 'tls-port', port)
  await admin.acl('SETUSER', credentials.username, 'on', `>${credentials.password}`, '~*', '&*', '+@all')
  await admin.acl('SETUSER', 'default', 'resetpass', '>known to no client')
  await admin.quit()
  return port
}
