import { Browser, type Exchange } from './browser'

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

/** Logs in, comes back, logs out, and comes with a copied cookie. */
export async function kongTour(origin: string, { path }: KongPreset): Promise<{ exchanges: readonly Exchange[] }> {
  const exchanges: Exchange[] = []
  const base = `${origin}${path.replace(/\/auth$/, '')}`
  const you = new Browser('You', base, exchanges)
  await you.logIn()
  await you.send('GET', '/auth')
  const thief = you.copy('Thief')
  await you.send('DELETE', '/auth?session_logout=true')
  await thief.send('GET', '/auth')
  return { exchanges }
}
