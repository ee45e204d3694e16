import type { ServerResponse } from 'node:http'
import { answerUncaught } from '../answer-error'
import type { HoldOptions } from './hold-options'

/** Calls `commit`. If it throws, that is a rejection too. */
export function callCommit(options: HoldOptions): Promise<void> | undefined {
  try {
    return options.commit()
  } catch (error) {
    return Promise.reject(error)
  }
}

/** Calls `onClose`. The response is over, so no one is left to tell an error. */
export function callClose({ onClose }: HoldOptions): void {
  try {
    onClose?.()?.catch(() => {})
  } catch {}
}

/** Calls `onError`. If it throws or rejects, answers in its place. */
export async function callErrorPath(options: HoldOptions, res: ServerResponse, error: unknown): Promise<void> {
  try {
    await options.onError(error)
  } catch (thrown) {
    answerUncaught(res.req, res, thrown)
  }
}
