import { carrierSuite } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { adapter } from './carrier-app'

carrierSuite({ describe, it, expect }, adapter)
