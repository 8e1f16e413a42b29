export { FibreSpline, type FibreSplineOptions } from './fibre-spline.js';
export { ProjectiveConvexGradient, type ProjectiveConvexGradientOptions } from './projective-convex-gradient.js';
export { ProjectiveLinear } from './projective-linear.js';
export { QuaternionProduct, type QuaternionProductOptions } from './quaternion-product.js';
export { SphereMoebius } from './sphere-moebius.js';
export { SphereTransform, type SphereResult } from './sphere-transform.js';
export { SymmetrizedMoebius } from './symmetrized-moebius.js';
