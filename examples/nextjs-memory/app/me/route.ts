import { webSession } from '@sojourn/session-http/web'
import { sessions } from '../../sessions'

export function GET(request: Request) {
  return webSession(sessions, request, ({ outcome, subject }) => Response.json({ outcome, subject }))
}
