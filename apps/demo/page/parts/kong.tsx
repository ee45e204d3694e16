import { tourKong } from '../actions'
import { about, kongTours } from '../state'
import { Exchanges } from './exchanges'

/** The two configurations of Kong Manager's page, with the cookie, the headers and the logout that they give. */
export function Kong() {
  const { kong, storages } = about.value
  const { problem } = storages.find(({ name }) => name === 'postgres')!
  return (
    <section class="card kong" aria-labelledby="kong-title">
      <div class="intro">
        <h2 id="kong-title">Coming from Kong?</h2>
        <p class="quiet">
          These are the two configurations of Kong Manager's page about sessions, unchanged. A button logs in with one,
          comes back, logs out, and tries a copied cookie.
          {problem && ` Their storage “kong” is the demo’s postgres, which is missing: ${problem}.`}
        </p>
      </div>
      {kong.map(({ name, title, conf }) => (
        <div key={name} id={`kong-${name}`}>
          <h3>{title}</h3>
          <pre>{JSON.stringify(JSON.parse(conf), null, 2)}</pre>
          <button
            type="button"
            aria-label={`Log in like Kong: ${title}`}
            onClick={() => tourKong(name)}
            disabled={problem !== undefined}
          >
            Log in like Kong
          </button>
          <div class="facts" aria-live="polite">
            <Tour name={name} />
          </div>
        </div>
      ))}
    </section>
  )
}

function Tour({ name }: { name: string }) {
  const tour = kongTours.value[name]
  return (
    tour && (
      <>
        <dl>
          <dt>Cookie</dt>
          <dd>{tour.cookie}</dd>
          <dt>Headers</dt>
          <dd>{tour.headers}</dd>
          <dt>Logout</dt>
          <dd>{tour.logout}</dd>
        </dl>
        <Exchanges list={tour.exchanges} />
      </>
    )
  )
}
