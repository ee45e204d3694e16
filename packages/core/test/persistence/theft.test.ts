import { memoryStore } from '@sojourn/session-core'
import { describe } from 'vitest'
import { theftSuite } from './theft-suite'

describe('sessions in memory', () => theftSuite({ open: (clock) => memoryStore({ clock }) }))
