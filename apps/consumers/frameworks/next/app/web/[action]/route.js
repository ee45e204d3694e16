import { webSession } from '@sojourn/session-http/web'
import { act, sessions } from '../../../sessions.mjs'

/** A route handler: Request in, Response out. */
async function handle(request, { params }) {
  const { action } = await params
  return webSession(sessions, request, async (session) => Response.json(await act(session, action)))
}

export { handle as GET, handle as POST }
