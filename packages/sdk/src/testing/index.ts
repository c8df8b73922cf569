export { numberEvents } from './events.ts'
export {
  type Answer,
  type Answers,
  createFakeControlPlane,
  type FakeControlPlane,
  type FakeOptions,
  type SeenRequest,
} from './fake-control-plane.ts'
export { type GivenTest, testConfiguration } from './test-configuration.ts'
