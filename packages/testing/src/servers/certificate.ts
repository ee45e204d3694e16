import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from './command'
import { type Unavailable, unavailable } from './server'

/** A self-signed certificate for `localhost` and 127.0.0.1, valid for two days. */
export interface Certificate {
  readonly available: true
  /** The paths of the certificate and its key, as PEM. */
  readonly certFile: string
  readonly keyFile: string
  /** The certificate and its key as text. For a client, the certificate is the `ca` to trust. */
  readonly cert: string
  readonly key: string
  /** Deletes both files. */
  close(): Promise<void>
}

/** Creates a certificate with `openssl`. Never rejects: without `openssl`, the answer says why there is none. */
export async function createCertificate(): Promise<Certificate | Unavailable> {
  const directory = await mkdtemp(join(tmpdir(), 'sojourn-tls-'))
  const close = () => rm(directory, { recursive: true, force: true })
  const [certFile, keyFile] = [join(directory, 'cert.pem'), join(directory, 'key.pem')]
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile]
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  try {
    await run('openssl', ['req', '-x509', ...key, ...names, '-days', '2', '-out', certFile], { timeout: 30_000 })
    const [cert, keyText] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')])
    return { available: true, certFile, keyFile, cert, key: keyText, close }
  } catch (error) {
    await close()
    return unavailable(`no certificate for TLS: ${(error as Error).message}`)
  }
}
