import { about, currentStorage, session, storage } from '../state'

/** Which framework answers and which storage holds the session, with a click to change either. */
export function Header() {
  const { framework, frameworks, storages } = about.value
  const { name, note, problem } = currentStorage.value ?? { name: storage.value, note: '', problem: 'there is none' }
  return (
    <header>
      <div class="brand">
        <h1>
          <img src="/icon.svg" alt="" width="34" height="34" />
          Sojourn
        </h1>
        <p>One session in three frameworks and four storages. Try to break it.</p>
      </div>
      <nav aria-label="Framework">
        <h2>Framework</h2>
        <ul class="choice">
          {frameworks.map(({ name, port }) => (
            <li key={name}>
              <a
                href={`${location.protocol}//${location.hostname}:${port}/#${storage.value}`}
                aria-current={name === framework ? 'true' : undefined}
              >
                {name}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <nav aria-label="Storage">
        <h2>Storage</h2>
        <ul class="choice">
          {storages.map(({ name, problem }) => (
            <li key={name}>
              <a
                href={`#${name}`}
                aria-current={name === storage.value ? 'true' : undefined}
                class={problem && 'missing'}
              >
                {name}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <p class="answered">
        <strong>{session.value?.framework ?? framework}</strong> answered. The storage <strong>{name}</strong>{' '}
        {problem ? `is missing: ${problem}` : `keeps sessions ${note}.`} Another framework shows this same session;
        another storage holds another one.
      </p>
    </header>
  )
}
