import { createCertificate, startPostgres, withServer } from '@sojourn/session-testing/servers'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrate, postgresStore } from '../src'
import { now, row } from './support/suites'

withServer({ describe, it, afterAll }, 'postgresStore over TLS', await createCertificate(), (certificate) => {
  describe('to a server', async () => {
    withServer({ describe, it, afterAll }, 'with credentials', await startPostgres({ own: true }), ({ url, port }) => {
      const database = {
        host: '127.0.0.1',
        port,
        database: 'postgres',
        user: 'sojourn',
        password: 'a password for tests',
      }
      const ssl = { ca: certificate.cert }

      beforeAll(async () => {
        const admin = new pg.Client(url)
        await admin.connect()
        // The server writes its own files, because its user must own the key.
        const write = (file: string, text: string) =>
          admin.query(`COPY (SELECT unnest(string_to_array('${text}', E'\\n'))) TO PROGRAM 'umask 077; cat > ${file}'`)
        await write('server.crt', certificate.cert.trim())
        await write('server.key', certificate.key.trim())
        await admin.query(`CREATE ROLE sojourn LOGIN PASSWORD '${database.password}'`)
        await admin.query('CREATE SCHEMA app AUTHORIZATION sojourn')
        const trusted = 'local all postgres trust'
        await write('pg_hba.conf', `${trusted}\nhostssl all sojourn 127.0.0.1/32 scram-sha-256`)
        await admin.query('ALTER SYSTEM SET ssl = on')
        await admin.query('SELECT pg_reload_conf()')
        await admin.end()
      })

      it('works, and the connection is encrypted', async () => {
        const pool = new pg.Pool({ ...database, ssl, application_name: 'sessions' })
        await migrate(pool, { schema: 'app' })
        const store = postgresStore(pool, { schema: 'app' })
        expect(await store.create(row('a'))).toBe(true)
        expect(await store.touch('a', now + 1, now + 100)).toBe(true)
        expect((await store.read('a'))?.touchedAt).toBe(now + 1)
        const session = 'SELECT ssl, application_name FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE ssl'
        expect((await pool.query(session)).rows[0]).toEqual({ ssl: true, application_name: 'sessions' })
        await pool.end()
      })

      it('is refused without TLS, without the certificate, and without the password', async () => {
        for (const options of [
          { ...database, ssl: false },
          { ...database, ssl: true },
          { ...database, ssl, password: 'wrong' },
        ]) {
          const pool = new pg.Pool(options)
          await expect(postgresStore(pool, { schema: 'app' }).read('a')).rejects.toThrow()
          await pool.end()
        }
      })
    })
  })
})
