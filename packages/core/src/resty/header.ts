import type { Instants } from '../record/timeouts'
import { base64url, fromBase64url } from '../seal/bytes'

/** The length of a cookie's header, in characters. */
export const HEADER_CHARACTERS = 110

/** The bits of a header's flags. */
export const FLAG = { storage: 0x0001, deflated: 0x0010, ip: 0x0100, scheme: 0x0200, userAgent: 0x0400 } as const

/** The first 82 bytes of a cookie, parsed but not yet authenticated. */
export interface RestyHeader extends Instants {
  readonly flags: number
  /** The session's id, and the nonce of its keys. */
  readonly sid: Uint8Array<ArrayBuffer>
  /** The length of the payload, in characters. */
  readonly size: number
  /** Seconds from the last renewal to the last touch; always 0 in a remember cookie. */
  readonly idlingOffset: number
  /** The associated data of the payload's encryption. */
  readonly associated: Uint8Array<ArrayBuffer>
  readonly tag: Uint8Array<ArrayBuffer>
  /** The bytes that the MAC covers, before those of the client binding. */
  readonly covered: Uint8Array<ArrayBuffer>
  readonly mac: Uint8Array<ArrayBuffer>
}

/** The bytes of a base64url text; undefined if it is not base64url, or not the canonical spelling. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    const bytes = fromBase64url(text)
    return base64url(bytes) === text ? bytes : undefined
  } catch {
    return undefined
  }
}

/**
 * Parses a header: type (1 byte), flags (2), id (32), creation time (5), rolling offset (4), payload size (3), tag (16),
 * idling offset (3), MAC (16). Times are seconds, numbers little-endian. Undefined if the text is not a header of type 1.
 */
export function readHeader(text: string): RestyHeader | undefined {
  const bytes = text.length === HEADER_CHARACTERS ? bytesOf(text) : undefined
  if (bytes?.[0] !== 1) return undefined
  const number = (from: number, to: number) =>
    bytes.subarray(from, to).reduceRight((value, byte) => value * 256 + byte, 0)
  const [startedAt, idlingOffset] = [number(35, 40), number(63, 66)]
  const renewedAt = startedAt + number(40, 44)
  return {
    flags: number(1, 3),
    sid: bytes.slice(3, 35),
    startedAt: startedAt * 1000,
    renewedAt: renewedAt * 1000,
    touchedAt: (renewedAt + idlingOffset) * 1000,
    idle: undefined,
    size: number(44, 47),
    idlingOffset,
    associated: bytes.slice(0, 47),
    tag: bytes.slice(47, 63),
    covered: bytes.slice(0, 66),
    mac: bytes.slice(66),
  }
}
