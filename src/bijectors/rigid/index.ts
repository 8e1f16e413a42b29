export {
  RigidBodyCoupling,
  type BodyConditionerRequest,
  type BodyPart,
  type RigidBodyCouplingOptions,
} from './rigid-body-coupling.js';
