import { act, sessions } from '../../sessions.mjs'

/** An API route behind the custom server, which has opened the session. */
export default async (req, res) => res.json(await act(sessions.of(req), req.query.action))
