import { createCipheriv, createDecipheriv, createHmac, hash, hkdfSync, timingSafeEqual } from 'node:crypto'
import { base64url, randomBytes } from './bytes'
import type { Platform } from './platform'

// Makes the same bytes as iron-webcrypto, several times faster: WebCrypto's thread hop costs more than the work itself.
const mac = (text: string, key: Uint8Array) => createHmac('sha256', key).update(text).digest('base64url')

export const platform: Platform = {
  sha256: (text) => hash('sha256', text, 'base64url'),

  hmac: (key, text, bytes) => createHmac('sha256', key).update(text).update(bytes).digest(),

  hkdf: (secret, info, length) => new Uint8Array(hkdfSync('sha256', secret, '', info, length)),

  seal(text, { id, encryption, integrity }) {
    const iv = randomBytes(16)
    const cipher = createCipheriv('aes-256-cbc', encryption, iv)
    const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
    const sealed = `Fe26.2*${id}**${base64url(iv)}*${encrypted.toString('base64url')}*`
    return `${sealed}**${mac(sealed, integrity)}`
  },

  unseal(sealed, { encryption, integrity }) {
    const end = sealed.lastIndexOf('**')
    const given = Buffer.from(sealed.slice(end + 2))
    const wanted = Buffer.from(mac(sealed.slice(0, end), integrity))
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) throw new Error('Bad hmac value')
    const [, , , iv = '', encrypted = ''] = sealed.split('*')
    const decipher = createDecipheriv('aes-256-cbc', encryption, Buffer.from(iv, 'base64url'))
    return decipher.update(encrypted, 'base64url', 'utf8') + decipher.final('utf8')
  },

  warn: (message) => process.emitWarning(message, 'SojournWarning'),

  // Asked for when needed: importing node:cluster loads the network. Node removes NODE_UNIQUE_ID, its mark, at the start.
  isOneOfSeveral() {
    const cluster = process.getBuiltinModule?.('node:cluster') as { isWorker?: boolean } | undefined
    return cluster?.isWorker === true || Number(environment('NODE_APP_INSTANCE')) > 0
  },

  isDevelopment: () => environment('NODE_ENV') !== 'production',
}

/** An own member: a polluted Object.prototype would be read as the environment. */
const environment = (name: string) => (Object.hasOwn(process.env, name) ? process.env[name] : undefined)
