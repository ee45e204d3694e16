import { carrierSuite } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { adapters } from './carrier-app'

for (const adapter of adapters) carrierSuite({ describe, it, expect }, adapter)
