import { webSession } from '@sojourn/session-http/web'
import { sessions } from '../../sessions'

export function POST(request: Request) {
  return webSession(sessions, request, async (session) => {
    await session.logout()
    return Response.json({ bye: true })
  })
}
