export { type CarrierSuiteResult, carrierSuite } from './carrier-suite'
export {
  type CarrierApp,
  type CarrierFeature,
  type CarrierHandler,
  type CarrierRoute,
  type CarrierStorage,
  type CarrierSuiteOptions,
  type Exchange,
  type ServedApp,
  serveOnLoopback,
} from './carrier-suite/carrier-app'
export { type Transcript, transcriptDifferences } from './carrier-suite/transcript'
export { type FakeClock, fakeClock } from './fakes/clock'
export { CookieJar, parseSetCookie, type SetCookie } from './fakes/cookie-jar'
export { type CallCounts, countingStore } from './fakes/counting-store'
export { type FakeCarrier, type FakeCarrierOptions, fakeCarrier } from './fakes/fake-carrier'
export { type Fault, type Faults, flakyStore } from './fakes/flaky-store'
export { type ParkedCall, type Parking, type ParkPoint, parkedStore } from './fakes/parked-store'
export { seededRandom } from './fakes/random'
export type { StoreOperation } from './fakes/store-calls'
export { type RevocationSuiteOptions, type RevocationsUnderTest, revocationSuite } from './revocation-suite'
export type { TestRunner } from './runner'
export { type StoreFeature, type StoreSuiteOptions, type StoreUnderTest, storeSuite } from './store-suite'
