import { evidence } from '../state'

/** The cookie as it arrived, and the row as the database holds it. */
export function EvidenceCard() {
  const { cookies = [], row } = evidence.value ?? {}
  return (
    <section class="card evidence" aria-labelledby="evidence-title">
      <div>
        <h2 id="evidence-title">What your browser sends</h2>
        <ul class="rows cookies" id="cookies">
          {cookies.map(({ name, shown, length, sealed }) => (
            <li key={name}>
              <code>
                {name}={shown}
                <span class="hidden-part">{'•'.repeat(18)}</span>
              </code>
              <small>
                {length} characters; {sealed ? 'all of the session, encrypted' : 'the id, then a secret that changes'}
              </small>
            </li>
          ))}
        </ul>
        <ul class="rows protection">
          <li>
            <code>HttpOnly</code> keeps scripts from reading it: <code>document.cookie</code> is{' '}
            <code>{JSON.stringify(document.cookie)}</code>. The server hides the dots from this page, too.
          </li>
          <li>
            <code>__Host-</code> and <code>Secure</code> keep other hosts of your domain from setting it.
          </li>
          <li>
            <code>SameSite=Strict</code> keeps other sites from sending it.
          </li>
        </ul>
      </div>
      <div>
        <h2>What the storage holds</h2>
        {row ? (
          <>
            <pre id="row">{JSON.stringify({ ...row, payload: cut(`${row.payload}`) }, null, 2)}</pre>
            <p class="quiet">
              <code>payload</code> is what is remembered and the login,{' '}
              {isSealed(row) ? 'encrypted' : 'as text, because it never leaves the process'}, and{' '}
              <code>subjectKeys</code> are hashes of the user. The secret of the cookie is here as a hash only: a stolen
              database logs no one in.
            </p>
          </>
        ) : (
          <p class="quiet" id="row">
            Nothing: the whole session is in the cookie. The server remembers only which ones were ended.
          </p>
        )}
      </div>
    </section>
  )
}

const isSealed = ({ payload }: Readonly<Record<string, unknown>>) => `${payload}`.startsWith('Fe26')

/** The beginning of a long text, and how long it is. */
const cut = (text: string) => (text.length > 160 ? `${text.slice(0, 160)}… (${text.length} characters)` : text)
