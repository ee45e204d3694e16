/** The keys of one purpose under one secret. */
export interface SealKeys {
  /** Identifies the secret; part of the sealed text. */
  readonly id: string
  readonly encryption: Uint8Array
  readonly integrity: Uint8Array
}

/** What core needs from a runtime. `imports` in package.json selects Node's, or WebCrypto elsewhere. */
export interface Platform {
  /** The SHA-256 of a text's UTF-8 bytes, in base64url. */
  sha256(text: string): string | Promise<string>
  /** HMAC-SHA-256 (RFC 2104) over a text of ASCII characters and the bytes after it, in base64url. */
  hmac(key: Uint8Array, text: string, bytes: Uint8Array): string | Promise<string>
  /** HKDF-SHA-256 (RFC 5869) without salt. */
  hkdf(secret: Uint8Array, info: string, length: number): Uint8Array | Promise<Uint8Array>
  /** Seals a text as iron does (Fe26.2 with raw keys: both salts and the expiry empty). */
  seal(text: string, keys: SealKeys): string | Promise<string>
  /** Opens a text of {@link seal}, which must be in canonical form. Throws or rejects if the integrity check fails. */
  unseal(sealed: string, keys: SealKeys): string | Promise<string>
  /** Shows a warning to the developer. */
  warn(message: string): void
  /** Whether this process is one of several that serve the same port: a worker of node:cluster, or of PM2. */
  isOneOfSeveral(): boolean
  /** Whether hints for the developer are wanted: Node without NODE_ENV=production. */
  isDevelopment(): boolean
}
