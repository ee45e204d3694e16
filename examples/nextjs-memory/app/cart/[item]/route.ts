import { webSession } from '@sojourn/session-http/web'
import { sessions } from '../../../sessions'

export async function POST(request: Request, { params }: { params: Promise<{ item: string }> }) {
  const { item } = await params
  return webSession(sessions, request, ({ data }) => {
    data.cart = [...(data.cart ?? []), item]
    return Response.json(data.cart)
  })
}
