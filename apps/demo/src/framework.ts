import type { RequestListener } from 'node:http'
import type { Storage } from './storages'

/** The demo's storages in one framework, each under its path, as a listener for Node's HTTP server. */
export type Framework = (storages: readonly Storage[]) => RequestListener | Promise<RequestListener>
