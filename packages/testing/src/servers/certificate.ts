import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from './command'
import { type Unavailable, unavailable } from './unavailable'

/** A self-signed certificate for `localhost` and 127.0.0.1, valid for two days. */
export interface Certificate {
  /** True: there is one. */
  readonly available: true
  /** The path of the certificate, as PEM. */
  readonly certFile: string
  /** The path of its key, as PEM. */
  readonly keyFile: string
  /** The certificate as text. For a client, it is the `ca` to trust. */
  readonly cert: string
  /** Its key as text. */
  readonly key: string
  /** Deletes both files. */
  close(): Promise<void>
}

/**
 * Creates a certificate with `openssl`. Never rejects: without `openssl`, the answer says why there is none.
 * @example
 * const certificate = await createCertificate()
 * if (certificate.available) createServer(certificate, listener)
 */
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
