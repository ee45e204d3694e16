import { Refusal } from '../answer'
import { inWords } from './attempt'
import { Browser, type Exchange, type Reply } from './browser'

/** One of the two configurations on Kong Manager's page about sessions. */
export interface KongPreset {
  readonly name: string
  readonly title: string
  readonly conf: string
  readonly path: string
}

const preset = (name: string, title: string, conf: object): KongPreset => ({
  name,
  title,
  conf: JSON.stringify(conf),
  path: `/kong/${name}/auth`,
})

/** The configurations of Kong’s page, unchanged. */
export const kongPresets: readonly KongPreset[] = [
  preset('https', 'https, one domain', {
    cookie_name: '$4m04$',
    secret: 'change-this-secret',
    storage: 'kong',
  }),
  preset('http', 'http, one domain', {
    cookie_name: '04tm34l',
    secret: 'change-this-secret',
    storage: 'kong',
    cookie_secure: false,
  }),
]

/** What a configuration gives, each as a sentence made from the responses, and the requests that show it. */
export interface KongTour {
  readonly cookie: string
  readonly headers: string
  readonly logout: string
  readonly exchanges: readonly Exchange[]
}

/**
 * Logs in, comes back, logs out without and with the argument, and comes with a copied cookie.
 * @throws Refusal 503 without the database that Kong's storage is.
 */
export async function kongTour(origin: string, { path }: KongPreset): Promise<KongTour> {
  const exchanges: Exchange[] = []
  const base = `${origin}${path.replace(/\/auth$/, '')}`
  const you = new Browser('You', base, exchanges)
  const login = await you.logIn()
  if (login.status !== 200) throw new Refusal(login.status, login.json.error, login.json.message)
  const back = await you.send('GET', '/auth')
  const thief = you.copy('Thief')
  const plain = await you.send('DELETE', '/auth')
  const still = await you.send('GET', '/auth')
  const logout = await you.send('DELETE', '/auth?session_logout=true')
  const copied = await thief.send('GET', '/auth')
  return {
    cookie: cookieInWords(login),
    headers: headersInWords(back),
    logout:
      `DELETE alone was answered with ${plain.status}, and you were still ${inWords(still)}. ` +
      `With session_logout it was answered with ${logout.status}, and the cookie was ${you.jar.size === 0 ? 'cleared' : 'kept'}. ` +
      `A copy of it was then ${inWords(copied)}.`,
    exchanges,
  }
}

function cookieInWords({ setCookies }: Reply): string {
  const [pair = '', ...attributes] = (setCookies[0] ?? '').split('; ')
  const life = attributes.some((each) => /^(Max-Age|Expires)=/.test(each)) ? 'kept' : 'gone'
  return `${pair.split('=')[0]}, ${attributes.join(', ')}; ${life} when the browser closes.`
}

function headersInWords({ headers }: Reply): string {
  const sent = Object.entries(headers).filter(([name]) => name.startsWith('session-'))
  return sent.length > 0
    ? `${sent.map(([name, value]) => `${name}: ${value}`).join(', ')}.`
    : 'No Session-* header came: this configuration has no response_headers.'
}
