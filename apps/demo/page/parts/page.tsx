import { useLayoutEffect, useRef } from 'preact/hooks'
import { notice, session } from '../state'
import { Attempts } from './attempts'
import { Clocks } from './clocks'
import { Data } from './data'
import { EvidenceCard } from './evidence'
import { Header } from './header'
import { Kong } from './kong'
import { LiveLog } from './live-log'
import { Login } from './login'
import { MySessions } from './my-sessions'
import { Policy } from './policy'
import { Session } from './session'

/** The whole page: what it shows depends on whether the user is logged in. */
export function Page() {
  const isIn = Boolean(session.value)
  // What had the focus may be gone with the session. Then the title gets it, so that the keyboard goes on from there.
  const isFirst = useRef(true)
  useLayoutEffect(() => {
    if (!isFirst.current && document.activeElement === document.body) document.getElementById('hero-title')?.focus()
    isFirst.current = false
  }, [isIn])
  return (
    <>
      <Header />
      <p class="notice" role="status">
        {notice}
      </p>
      <main class={isIn ? 'in' : 'out'} aria-busy={session.value === undefined}>
        <section class="card hero" aria-labelledby="hero-title">
          {isIn ? <Session /> : <Login />}
          <Clocks />
        </section>
        {isIn && (
          <>
            <LiveLog />
            <Data />
            <MySessions />
            <EvidenceCard />
          </>
        )}
        <Attempts />
        <Policy />
        <Kong />
      </main>
    </>
  )
}
