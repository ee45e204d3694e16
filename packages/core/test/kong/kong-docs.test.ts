import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const read = (path: string) => readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8')
const page = read('docs/kong.md')

/** Every option, by the heading of the table that has it. */
const OPTIONS: Record<string, string> = {
  'lua-resty-session 4': `
    secret secret_fallbacks ikm ikm_fallbacks cookie_prefix cookie_name cookie_path cookie_domain cookie_http_only
    cookie_secure cookie_priority cookie_same_site cookie_same_party cookie_partitioned audience subject
    enforce_same_subject idling_timeout rolling_timeout absolute_timeout stale_ttl remember remember_cookie_name
    remember_safety remember_rolling_timeout remember_absolute_timeout touch_threshold storage hash_storage_key
    store_metadata hash_subject compression_threshold request_headers response_headers bind`,
  'Its storages': `
    cookie shm file memcached dshm redis mysql postgres connect_timeout send_timeout read_timeout keepalive_timeout pool
    pool_size backlog ssl ssl_verify server_name prefix suffix zone path host port socket username password database
    force_auth master role sentinels sentinel_username sentinel_password name nodes lock_zone lock_prefix
    max_redirections max_connection_attempts max_connection_timeout charset max_packet_size application ssl_required
    table table_meta table_name table_name_meta`,
  'The Session plugin 3.2': `
    secret storage audience idling_timeout rolling_timeout absolute_timeout stale_ttl cookie_name cookie_path
    cookie_domain cookie_same_site cookie_http_only cookie_secure remember remember_cookie_name
    remember_rolling_timeout remember_absolute_timeout request_headers response_headers logout_methods
    logout_query_arg logout_post_arg read_body_for_logout store_metadata hash_subject cookie_lifetime cookie_idletime
    cookie_discard cookie_httponly cookie_samesite cookie_persistent cookie_renew`,
  'Kong Manager': `
    enforce_rbac admin_gui_auth admin_gui_auth_conf admin_gui_session_conf admin_gui_auth_header
    admin_gui_auth_login_attempts secret cookie_name storage rolling_timeout idling_timeout cookie_secure
    cookie_same_site logout_methods logout_query_arg logout_post_arg`,
}

interface Row {
  table: string
  option: string
  here: string
  tests: string[]
}

const rows: Row[] = page.split(/^#+ (?=.*$)/m).flatMap((section) => {
  const [table = '', ...lines] = section.split('\n')
  return lines
    .filter((line) => line.startsWith('| ') && !/^\| (?:option|the page says) /.test(line))
    .map((line) => {
      const [option = '', here = '', tests = ''] = line.slice(2, -1).split(' | ')
      return {
        table,
        option,
        here,
        tests: tests
          .split('<br>')
          .map((test) => test.trim())
          .filter(Boolean),
      }
    })
})

const coreTests = readdirSync(new URL('..', import.meta.url), { recursive: true, encoding: 'utf8' })

/** The names of the tests and groups of tests in a file. A file named without its folder is one of core's. */
function testsIn(file: string): string[] {
  const path = file.includes('/') ? file : `packages/core/test/${coreTests.find((test) => basename(test) === file)}`
  const names: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && /^(?:it|describe|withServer)\b/.test(node.expression.getText())) {
      names.push(...node.arguments.filter(ts.isStringLiteralLike).map(({ text }) => text))
    }
    node.forEachChild(visit)
  }
  visit(ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest, true))
  return names
}

describe('the page about Kong', () => {
  it.each(Object.keys(OPTIONS))('has a row for every option of: %s', (table) => {
    const named = rows.filter((row) => row.table === table).flatMap(({ option }) => option.match(/`[^`]+`/g) ?? [])
    const missing = OPTIONS[table]!.trim()
      .split(/\s+/)
      .filter((option) => !named.includes(`\`${option}\``))
    expect(missing).toEqual([])
  })

  it('names a test for every supported option, and a reason for every other', () => {
    const bare = rows.filter(({ here, tests }) => (here.startsWith('—') ? here.length < 10 : tests.length === 0))
    expect(bare).toEqual([])
  })

  it('has a row for each of the 27 sentences of the page that state behaviour', () => {
    expect(rows.filter(({ table }) => table === 'The page “Sessions in Kong Manager”')).toHaveLength(27)
  })

  it('names the versions of lua-resty-session whose cookies cannot be read', () => {
    expect(page).toMatch(/4\.1\.0 and 4\.1\.1/)
  })

  it('is linked from the README', () => {
    expect(read('README.md')).toMatch(/Kong[^.]*\[docs\/kong\.md\]\(docs\/kong\.md\)/)
  })

  const named = new Set(rows.flatMap(({ tests }) => tests))
  it.each([...named])('names a test that there is: %s', (test) => {
    const [file, ...name] = test.split(' › ')
    expect(testsIn(file!)).toContain(name.join(' › '))
  })
})
