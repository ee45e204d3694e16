import type { Attempt } from '../attempt'
import { copied } from './copied'
import { remember } from './remember'
import { renewal } from './renewal'
import { replay } from './replay'
import { slowWrite } from './slow-write'
import { storeDown } from './store-down'
import { tamper } from './tamper'
import { writes } from './writes'

/** All attempts, in the order of the page. */
export const attempts: readonly Attempt[] = [tamper, replay, copied, remember, writes, renewal, slowWrite, storeDown]
