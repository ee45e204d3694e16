import { type RestyClient, type RestyOptions, restySession } from '@sojourn/session-core/resty'

export const SECRET = 'spec-vector-secret'
/** Seconds. */
export const CREATED = 1_700_000_000
export const RENEWED = CREATED + 2701
export const TOUCHED = RENEWED + 120
/** Made by code that is neither ours nor that of these tests. */
export const VECTOR =
  'AQAAAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8A8VNlAI0KAAAoAACKuQijAL_sx_jHfgn-wxhoeAAAGuHr_Qv4ngV3VRrH3QeoKw' +
  '1ljfcR-_Kb26yx6ETtz7b-fCgPoOFqAzdmK2xSrO'
/** What is in it. */
export const SHOP = { audience: 'shop', subject: 'user-1', data: { cart: 3 } }

/** Opens a Cookie header as the vector's configuration would, `at` a second. */
export const open = (
  cookie: string | undefined,
  options: Partial<RestyOptions> = {},
  at = TOUCHED,
  client?: RestyClient,
) =>
  restySession({ ...(options.ikm ? {} : { secret: SECRET }), audience: 'shop', ...options }).open(
    cookie,
    at * 1000,
    client,
  )

export const outcomeOf = async (...request: Parameters<typeof open>): Promise<string> =>
  (await open(...request)).outcome
