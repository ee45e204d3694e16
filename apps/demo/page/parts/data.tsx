import { useRef } from 'preact/hooks'
import { count, deleteEntry, setEntry } from '../actions'
import { session } from '../state'

/** The session's data, to edit. */
export function Data() {
  const form = useRef<HTMLFormElement>(null)
  const title = useRef<HTMLHeadingElement>(null)
  const remove = async (key: string) => {
    await deleteEntry(key)
    title.current?.focus()
  }
  const entries = Object.entries(session.value!.data)
  const submit = async (event: Event) => {
    event.preventDefault()
    const fields = new FormData(form.current!)
    await setEntry(`${fields.get('key')}`, `${fields.get('value')}`)
  }
  return (
    <section class="card data" aria-labelledby="data-title">
      <h2 id="data-title" tabIndex={-1} ref={title}>
        What it remembers
      </h2>
      <ul class="rows" id="entries">
        {entries.length === 0 && <li class="quiet">Nothing yet.</li>}
        {entries.map(([key, value]) => (
          <li key={key}>
            <span>
              <strong>{key}</strong> <code>{JSON.stringify(value)}</code>
            </span>
            <button type="button" aria-label={`Delete ${key}`} onClick={() => remove(key)}>
              Delete
            </button>
          </li>
        ))}
      </ul>
      <form ref={form} onSubmit={submit} class="entry">
        <label>
          Key <input name="key" defaultValue="cart" autocomplete="off" autocapitalize="off" required />
        </label>
        <label>
          Value, in JSON <input name="value" defaultValue='["tea"]' autocomplete="off" autocapitalize="off" required />
        </label>
        <button type="submit">Store</button>
      </form>
      <p class="buttons">
        <button type="button" onClick={count}>
          Add one to the counter
        </button>
      </p>
    </section>
  )
}
