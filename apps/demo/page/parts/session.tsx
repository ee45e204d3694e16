import { act, logOut, refresh } from '../actions'
import { renewedAt, session } from '../state'
import { clockTime, inWords } from '../words'

/** The session's facts, in words. */
export function Session() {
  const { subject, outcome, id, authenticatedAt } = session.value!
  return (
    <div class="who">
      <h2 id="hero-title" tabIndex={-1}>
        You are logged in as <em id="subject">{subject}</em>
      </h2>
      <dl>
        <dt>
          <span class={`tag ${outcome}`} id="outcome">
            {outcome}
          </span>
        </dt>
        <dd>{inWords(outcome)}</dd>
        <dt>Login</dt>
        <dd>
          {authenticatedAt
            ? `with the password, at ${clockTime(authenticatedAt)}.`
            : 'not with the password: ask for it again before anything that matters.'}
        </dd>
        <dt>Cookie</dt>
        <dd id="renewed">
          {renewedAt.value ? `renewed at ${clockTime(renewedAt.value)}; it is the same session.` : 'not renewed yet.'}
        </dd>
        <dt>Id</dt>
        <dd>
          <code id="id">{id}</code> <small>public: it gives no access</small>
        </dd>
      </dl>
      <p class="buttons">
        <button type="button" class="primary" onClick={() => act(refresh)}>
          Send a request
        </button>
        <button type="button" onClick={logOut}>
          Log out
        </button>
      </p>
    </div>
  )
}
