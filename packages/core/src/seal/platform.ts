/** The keys of one purpose under one secret. */
export interface SealKeys {
  /** Which secret this came from; part of the sealed text. */
  readonly id: string
  readonly encryption: Uint8Array
  readonly integrity: Uint8Array
}

/** What core needs of a runtime's cryptography. Chosen by package.json's `imports`: Node's own, or WebCrypto elsewhere. */
export interface Platform {
  /** The SHA-256 of a text's UTF-8 bytes, in base64url. */
  sha256(text: string): string | Promise<string>
  /** HKDF-SHA-256 (RFC 5869) without salt. */
  hkdf(secret: Uint8Array, info: string, length: number): Uint8Array | Promise<Uint8Array>
  /** Seals a text as iron does (Fe26.2 with raw keys: both salts and the expiry empty). */
  seal(text: string, keys: SealKeys): string | Promise<string>
  /** Opens what {@link seal} made, in canonical form. Throws, or rejects, where the integrity check fails. */
  unseal(sealed: string, keys: SealKeys): string | Promise<string>
}
