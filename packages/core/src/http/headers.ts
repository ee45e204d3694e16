import type { HttpCarrier } from './carrier'

/** Puts our Set-Cookie line beside the others', in place of an earlier one of the same name. */
export function putSetCookie(carrier: HttpCarrier, name: string, line: string): void {
  const others = carrier.responseHeader('set-cookie').filter((other) => !other.startsWith(`${name}=`))
  carrier.setResponseHeader('set-cookie', [...others, line])
}

/**
 * What content delivery networks heed in place of Cache-Control (RFC 9213, and before it the W3C's Edge Architecture), each
 * its own name before the common one.
 */
const TARGETED = [
  ...['cdn-cache-control', 'surrogate-control'],
  ...['cloudflare-cdn-cache-control', 'netlify-cdn-cache-control', 'vercel-cdn-cache-control'],
]

/**
 * Keeps every cache from storing a response that carries a session's cookie (OWASP ASVS 14.3.2). What would lift the ban
 * goes: `must-understand` tells a cache that knows the status to ignore no-store (RFC 9111, section 5.2.2.3).
 */
export function forbidStoring(carrier: HttpCarrier): void {
  const directives = splitList(carrier.responseHeader('cache-control')).filter(
    (directive) => !/^(?:public|no-store|must-understand|s-maxage\s*=.*)$/i.test(directive),
  )
  carrier.setResponseHeader('cache-control', [[...directives, 'no-store'].join(', ')])
  for (const name of TARGETED)
    if (carrier.responseHeader(name).length > 0) carrier.setResponseHeader(name, ['no-store'])
}

/** Says that the response depends on the Cookie header (RFC 9110, section 12.5.5). */
export function varyByCookie(carrier: HttpCarrier): void {
  const fields = splitList(carrier.responseHeader('vary'))
  if (fields.some((field) => field === '*' || field.toLowerCase() === 'cookie')) return
  carrier.setResponseHeader('vary', [[...fields, 'Cookie'].join(', ')])
}

// A comma inside quotes separates nothing: private="a, b".
const splitList = (lines: string[]): string[] =>
  lines
    .flatMap((line) => line.match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g) ?? [])
    .map((item) => item.trim())
    .filter(Boolean)
