/** A request to `http://app.example:8080`, where `https://partner.example` is trusted, and whether it may go on. */
export interface OriginCase {
  readonly title: string
  /** Default `POST`. */
  readonly method?: 'GET' | 'HEAD' | 'OPTIONS' | 'PUT' | 'PATCH' | 'DELETE'
  readonly headers: Readonly<Record<string, string>>
  readonly passes: boolean
}

export const OWN_HOST = 'app.example:8080'
export const TRUSTED_ORIGIN = 'https://partner.example'

const OWN = 'http://app.example:8080'
const EVIL = 'https://evil.example'

const site = (value: string, origin?: string) => ({ 'sec-fetch-site': value, ...(origin !== undefined && { origin }) })

/** What `sameOriginOnly` decides, request by request. */
export const ORIGIN_CASES: readonly OriginCase[] = [
  { title: 'of our own page', headers: site('same-origin', OWN), passes: true },
  { title: 'of our own page without Origin', headers: site('same-origin'), passes: true },
  { title: 'of our own page behind a proxy that changes the host', headers: site('same-origin', EVIL), passes: true },
  { title: 'of the user’s own action', headers: site('none'), passes: true },
  { title: 'of another site', headers: site('cross-site', EVIL), passes: false },
  { title: 'of another site without Origin', headers: site('cross-site'), passes: false },
  { title: 'of another site with our origin', headers: site('cross-site', OWN), passes: false },
  { title: 'of a frame in a sandbox', headers: site('cross-site', 'null'), passes: false },
  { title: 'of a subdomain', headers: site('same-site', 'http://blog.app.example:8080'), passes: false },
  { title: 'of another port', headers: site('same-site', 'http://app.example:9090'), passes: false },
  { title: 'of a trusted origin on another site', headers: site('cross-site', TRUSTED_ORIGIN), passes: true },
  { title: 'of a trusted origin on our site', headers: site('same-site', TRUSTED_ORIGIN), passes: true },
  { title: 'of a page below a trusted host', headers: site('cross-site', 'https://a.partner.example'), passes: false },
  {
    title: 'of a host that ends like a trusted one',
    headers: site('cross-site', 'https://xpartner.example'),
    passes: false,
  },
  { title: 'of a trusted host over http', headers: site('cross-site', 'http://partner.example'), passes: false },
  { title: 'of another port of a trusted host', headers: site('cross-site', `${TRUSTED_ORIGIN}:8443`), passes: false },
  { title: 'of a trusted origin with a path', headers: site('cross-site', `${TRUSTED_ORIGIN}/`), passes: false },
  { title: 'with a Sec-Fetch-Site in capitals', headers: site('Same-Origin', OWN), passes: false },
  { title: 'with an unknown Sec-Fetch-Site', headers: site('same-planet', OWN), passes: false },
  { title: 'with two values of Sec-Fetch-Site', headers: site('same-origin, cross-site', OWN), passes: false },
  { title: 'with an empty Sec-Fetch-Site', headers: site('', OWN), passes: false },
  { title: 'with our Origin alone', headers: { origin: OWN }, passes: true },
  { title: 'with another Origin alone', headers: { origin: EVIL }, passes: false },
  { title: 'with a trusted Origin alone', headers: { origin: TRUSTED_ORIGIN }, passes: true },
  { title: 'with the Origin null alone', headers: { origin: 'null' }, passes: false },
  { title: 'with an empty Origin', headers: { origin: '' }, passes: false },
  { title: 'with our Origin and another', headers: { origin: `${OWN}, ${EVIL}` }, passes: false },
  { title: 'with our Origin twice', headers: { origin: `${OWN} ${OWN}` }, passes: false },
  { title: 'with our Origin in capitals', headers: { origin: 'http://APP.example:8080' }, passes: false },
  { title: 'with our Origin and a dot at the end', headers: { origin: 'http://app.example.:8080' }, passes: false },
  { title: 'with our Origin and a path', headers: { origin: `${OWN}/` }, passes: false },
  { title: 'with our Origin without its port', headers: { origin: 'http://app.example' }, passes: false },
  { title: 'with our Origin over https', headers: { origin: 'https://app.example:8080' }, passes: false },
  { title: 'with an Origin that begins with ours', headers: { origin: `${OWN}.evil.example` }, passes: false },
  {
    title: 'with an Origin that has our host as a user’s name',
    headers: { origin: 'http://app.example:8080@evil.example' },
    passes: false,
  },
  { title: 'with an Origin in Cyrillic letters', headers: { origin: 'http://xn--pp-6kc.example:8080' }, passes: false },
  { title: 'to a host in capitals, with our Origin', headers: { host: 'APP.Example:8080', origin: OWN }, passes: true },
  {
    title: 'to a host with a dot at the end, with its Origin',
    headers: { host: 'app.example.:8080', origin: 'http://app.example.:8080' },
    passes: true,
  },
  {
    title: 'to an internationalized host, with its Origin',
    headers: { host: 'xn--mll-hoa.example', origin: 'http://xn--mll-hoa.example' },
    passes: true,
  },
  {
    title: 'to the default port, with an Origin without port',
    headers: { host: 'app.example:80', origin: 'http://app.example' },
    passes: true,
  },
  {
    title: 'to the default port, with an Origin that names it',
    headers: { host: 'app.example:80', origin: 'http://app.example:80' },
    passes: false,
  },
  {
    title: 'to an IPv6 address, with its Origin',
    headers: { host: '[::1]:8080', origin: 'http://[::1]:8080' },
    passes: true,
  },
  { title: 'without both headers', headers: {}, passes: true },
  { title: 'without both headers, with a Referer of another site', headers: { referer: `${EVIL}/` }, passes: true },
  { title: 'of another site', method: 'GET', headers: site('cross-site', EVIL), passes: true },
  { title: 'of another site', method: 'HEAD', headers: site('cross-site'), passes: true },
  { title: 'of another site', method: 'OPTIONS', headers: site('cross-site', EVIL), passes: true },
  { title: 'of another site', method: 'PUT', headers: site('cross-site', EVIL), passes: false },
  { title: 'of another site', method: 'PATCH', headers: site('cross-site', EVIL), passes: false },
  { title: 'of another site', method: 'DELETE', headers: site('cross-site', EVIL), passes: false },
  { title: 'of our own page', method: 'DELETE', headers: site('same-origin', OWN), passes: true },
]
