import { useRef } from 'preact/hooks'
import { logIn } from '../actions'
import { cause, currentStorage, session, storage } from '../state'

/** What a visitor without a session sees: why there is none, and a login in one click. */
export function Login() {
  const form = useRef<HTMLFormElement>(null)
  const submit = (event: Event) => {
    event.preventDefault()
    const fields = new FormData(form.current!)
    void logIn(`${fields.get('name')}`, `${fields.get('password')}`, fields.has('remember'))
  }
  const isMissing = currentStorage.value?.problem !== undefined
  return (
    <div class="who">
      <h2 id="hero-title" tabIndex={-1}>
        You are not logged in
      </h2>
      <p class="cause">{session.value === undefined ? 'Asking the server …' : cause}</p>
      <p class="quiet">
        The storage <strong>{storage}</strong> holds a session of its own. Name and password are filled in: one click
        logs you in.
      </p>
      <form ref={form} onSubmit={submit} class="login">
        <label>
          Name <input name="name" defaultValue="admin" autocomplete="username" required />
        </label>
        <label>
          Password{' '}
          <input name="password" type="password" defaultValue="sojourn" autocomplete="current-password" required />
        </label>
        <label class="check">
          <input name="remember" type="checkbox" />
          <span>
            Remember me <small>a second cookie logs you in again after the session has ended</small>
          </span>
        </label>
        <button class="primary" type="submit" disabled={isMissing}>
          Log in to {storage}
        </button>
      </form>
    </div>
  )
}
