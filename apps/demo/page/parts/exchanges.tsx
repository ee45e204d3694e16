import type { Exchange } from '../state'

/** How many requests are listed at most: the parallel attempts send many of a kind. */
const MAX_SHOWN = 12

/** Requests, each with what its response said and which cookies it set. */
function ExchangeList({ list }: { list: readonly Exchange[] }) {
  return (
    <ol class="exchanges">
      {list.slice(0, MAX_SHOWN).map(({ who, request, status, said, cookies, headers }, i) => (
        <li key={i}>
          <small>{who}</small>
          <code>
            {request} → {status} {said}
          </code>
          {[...cookies.map((line) => `Set-Cookie: ${line}`), ...headers].map((line) => (
            <code key={line}>{line}</code>
          ))}
        </li>
      ))}
      {list.length > MAX_SHOWN && <li class="quiet">and {list.length - MAX_SHOWN} more</li>}
    </ol>
  )
}

/** The requests behind a sentence, to unfold. */
export function Exchanges({ list }: { list: readonly Exchange[] }) {
  return (
    <details>
      <summary>{list.length} requests</summary>
      <ExchangeList list={list} />
    </details>
  )
}
