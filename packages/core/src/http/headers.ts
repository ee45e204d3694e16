import type { HttpCarrier } from './carrier'

/** Adds a Set-Cookie line, replacing an earlier one for the same cookie name. Lines for other names are kept. */
export function putSetCookie(carrier: HttpCarrier, name: string, line: string): void {
  const before = carrier.responseHeader('set-cookie')
  const others = before.filter((other) => !other.startsWith(`${name}=`))
  // Some adapters commit again when the headers leave, and Node checks each line that it is given.
  if (others.length === before.length - 1 && before.at(-1) === line) return
  carrier.setResponseHeader('set-cookie', [...others, line])
}

/** Adds a Set-Cookie line beside others for the same name, which have another path. */
export function addSetCookie(carrier: HttpCarrier, line: string): void {
  carrier.setResponseHeader('set-cookie', [...carrier.responseHeader('set-cookie'), line])
}

/**
 * The headers that content delivery networks obey instead of Cache-Control: RFC 9213 (targeted fields), the older W3C Edge
 * Architecture (Surrogate-Control), and the vendors' own names.
 */
const TARGETED = [
  ...['cdn-cache-control', 'surrogate-control'],
  ...['cloudflare-cdn-cache-control', 'netlify-cdn-cache-control', 'vercel-cdn-cache-control'],
]

/**
 * Forbids every cache to store a response that sets a session cookie (OWASP ASVS 14.3.2). Removes the directives that would
 * allow it; `must-understand` is one, because it tells caches to ignore no-store (RFC 9111, section 5.2.2.3).
 */
export function forbidStoring(carrier: HttpCarrier): void {
  const before = carrier.responseHeader('cache-control')
  if (!isOnly('no-store', before)) {
    const directives = splitList(before).filter(
      (directive) => !/^(?:public|no-store|must-understand|s-maxage\s*=.*)$/i.test(directive),
    )
    const value = [...directives, 'no-store'].join(', ')
    if (!isOnly(value, before)) carrier.setResponseHeader('cache-control', [value])
  }
  for (const name of TARGETED)
    if (carrier.responseHeader(name).length > 0) carrier.setResponseHeader(name, ['no-store'])
}

/** Adds Cookie to the Vary header: the response depends on it (RFC 9110, section 12.5.5). */
export function varyByCookie(carrier: HttpCarrier): void {
  const lines = carrier.responseHeader('vary')
  if (isOnly('Cookie', lines)) return
  const fields = splitList(lines)
  if (fields.some((field) => field === '*' || field.toLowerCase() === 'cookie')) return
  carrier.setResponseHeader('vary', [[...fields, 'Cookie'].join(', ')])
}

/** Whether a header has this one line, as most responses have that are committed again. */
const isOnly = (line: string, lines: string[]) => lines.length === 1 && lines[0] === line

/** A kind of data that Clear-Site-Data names. */
export type SiteData = 'cache' | 'cookies' | 'storage'

/** Tells the browser to clear these kinds of data (W3C Clear Site Data), beside what the handler has named. */
export function clearSiteData(carrier: HttpCarrier, types: readonly SiteData[]): void {
  const named = splitList(carrier.responseHeader('clear-site-data'))
  const all = new Set([...named, ...types.map((type) => `"${type}"`)])
  if (all.size > 0) carrier.setResponseHeader('clear-site-data', [[...all].join(', ')])
}

// A comma inside quotes does not separate: private="a, b".
const splitList = (lines: string[]): string[] =>
  lines
    .flatMap((line) => line.match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g) ?? [])
    .map((item) => item.trim())
    .filter(Boolean)
