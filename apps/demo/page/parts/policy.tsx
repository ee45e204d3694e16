import type { AuditedRequirement } from '@sojourn/session-cli'
import { audit } from '../policy'
import { storage } from '../state'
import { duration } from '../words'

/** The policy in force, and how it stands to each requirement of the standards. */
export function Policy() {
  if (!audit.value) return null
  const { policy, requirements } = audit.value
  const { cookie, timeouts, remember, afterLogout, afterFailover, warnings } = policy
  const clock = (seconds: number) => (seconds === 0 ? 'off' : duration(seconds))
  const attributes = [
    cookie.httpOnly && 'HttpOnly',
    cookie.secure && 'Secure',
    `SameSite=${cookie.sameSite[0]!.toUpperCase()}${cookie.sameSite.slice(1)}`,
    `Path=${cookie.path}`,
    cookie.persistent ? 'kept when the browser closes' : 'gone when the browser closes',
  ]
  return (
    <section class="card policy" aria-labelledby="policy-title">
      <div class="in-force">
        <h2 id="policy-title">The policy in force</h2>
        <p class="quiet">
          What the manager of {storage} says of itself, now. Set the clocks, or switch the storage, and it changes.
        </p>
        <dl>
          <dt>Ends</dt>
          <dd>
            {clock(timeouts.idle)} after the last activity, {clock(timeouts.rolling)} after the last renewal,{' '}
            {clock(timeouts.absolute)} after the login
          </dd>
          <dt>Cookie</dt>
          <dd>
            <code>{cookie.name}</code>, {attributes.filter(Boolean).join(', ')}
          </dd>
          <dt>After logout</dt>
          <dd>{afterLogout}</dd>
          <dt>Remember-me</dt>
          <dd>{remember ? `for ${duration(remember.absolute)}, if the login asks for it` : 'off'}</dd>
          <dt>If writes are lost</dt>
          <dd>{afterFailover}</dd>
          {warnings.map((warning) => [<dt class="broke">Warning</dt>, <dd>{warning}</dd>])}
        </dl>
      </div>
      <div class="audit" id="audit">
        <h2>What an auditor asks</h2>
        <p class="quiet">
          Each requirement as this configuration meets it.{' '}
          <a href={`/demo/policy.md?storage=${storage}`}>The same as Markdown</a>, as <code>sojourn audit</code> prints
          it.
        </p>
        {chaptersOf(requirements).map(([title, list]) => (
          <Chapter key={title} title={title} list={list} />
        ))}
      </div>
    </section>
  )
}

const verdicts = ['met', 'not met', 'application'] as const
const inWords = { met: 'met', 'not met': 'not met', application: 'the application’s' }

function Chapter({ title, list }: { title: string; list: readonly AuditedRequirement[] }) {
  const counts = verdicts.map((verdict) => [verdict, list.filter((each) => each.verdict === verdict).length] as const)
  return (
    <section class="chapter" aria-label={title}>
      <h3>{title}</h3>
      <p class="shares" aria-hidden="true">
        {counts.map(([verdict, count]) => count > 0 && <span class={classOf(verdict)} style={{ flexGrow: count }} />)}
      </p>
      <details>
        <summary>{counts.map(([verdict, count]) => `${count || 'none'} ${inWords[verdict]}`).join(', ')}</summary>
        <ul class="rows">
          {list.map(({ id, level, asks, verdict, how }) => (
            <li key={id}>
              <span>
                <strong>{id}</strong> <Text markdown={asks} /> {level && <small>level {level}</small>}
              </span>
              <span>
                <span class={`tag ${classOf(verdict)}`}>{inWords[verdict]}</span> <Text markdown={how} />
              </span>
            </li>
          ))}
        </ul>
      </details>
    </section>
  )
}

/** A line of the audit, which is Markdown: its code as code, its links as their text. */
function Text({ markdown }: { markdown: string }) {
  const parts = markdown.replace(/\[([^\]]+)\]\([^)]*\)/g, '$1').split('`')
  return <>{parts.map((part, i) => (i % 2 ? <code key={i}>{part}</code> : part))}</>
}

const classOf = (verdict: AuditedRequirement['verdict']) => verdict.replace(' ', '-')

const titles: Record<string, string> = {
  '3': 'OWASP ASVS 5.0, V3: cookies',
  '7': 'OWASP ASVS 5.0, V7: sessions',
  NIST: 'NIST SP 800-63B-4: sessions',
}

/** The requirements by chapter of their standard, those that are not met first. */
function chaptersOf(requirements: readonly AuditedRequirement[]): [title: string, AuditedRequirement[]][] {
  const chapterOf = ({ standard, id }: AuditedRequirement) => (standard.startsWith('NIST') ? 'NIST' : id.split('.')[0]!)
  const open = ({ verdict }: AuditedRequirement) => Number(verdict !== 'not met')
  return Object.entries(titles).map(([chapter, title]) => [
    title,
    requirements.filter((each) => chapterOf(each) === chapter).sort((a, b) => open(a) - open(b)),
  ])
}
