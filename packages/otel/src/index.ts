export { type InstrumentOptions, instrumentSessions } from './instrument'
