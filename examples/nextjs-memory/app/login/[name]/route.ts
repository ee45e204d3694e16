import { webSession } from '@sojourn/session-http/web'
import { sessions } from '../../../sessions'

export async function POST(request: Request, { params }: { params: Promise<{ name: string }> }) {
  const { name } = await params
  return webSession(sessions, request, async (session) => {
    await session.login(name) // after you have checked the password
    return Response.json({ hello: session.subject })
  })
}
