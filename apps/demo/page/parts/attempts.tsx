import { attempt, attemptAll } from '../actions'
import { about, currentStorage, type Report, reports, storage } from '../state'
import { Exchanges } from './exchanges'

/** Attacks and faults, each against this framework and storage and against express-session. */
export function Attempts() {
  const { attempts, framework } = about.value
  const isMissing = currentStorage.value?.problem !== undefined
  return (
    <section class="attempts" aria-labelledby="attempts-title">
      <div class="head">
        <h2 id="attempts-title">Try to break it</h2>
        <p class="quiet">
          Each button sends real requests to {framework} with the storage {storage}, and to an express-session server on
          the same storage. The sentences are made from the responses.
        </p>
        <button type="button" onClick={attemptAll} disabled={isMissing}>
          Try all
        </button>
      </div>
      <ul>
        {attempts.map(({ name, title, tries }) => (
          <li key={name} class="card" id={`attempt-${name}`}>
            <h3>{title}</h3>
            <p>{tries}</p>
            <button type="button" aria-label={`Try it: ${title}`} onClick={() => attempt(name)} disabled={isMissing}>
              Try it
            </button>
            <Result name={name} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function Result({ name }: { name: string }) {
  const report = reports.value[name]
  return (
    <div class="result" aria-live="polite">
      {report === 'running' && <p class="quiet">Sending requests …</p>}
      {report && report !== 'running' && (
        <>
          <Verdict {...report.ours} />
          <Verdict {...report.theirs} />
          {!report.ours.held && storage.value === 'cookie' && (
            <p class="quiet">A cookie alone cannot know this. With any of the other storages, Sojourn holds.</p>
          )}
        </>
      )}
    </div>
  )
}

function Verdict({ library, held, sentence, exchanges }: Report) {
  return (
    <div class={`verdict ${held ? 'held' : 'broke'}`}>
      <h4>
        {library} <span>{held ? 'held' : 'did not hold'}</span>
      </h4>
      <p>{sentence}</p>
      <Exchanges list={exchanges} />
    </div>
  )
}
