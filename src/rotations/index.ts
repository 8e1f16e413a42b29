export { placeAtoms, threePointAtoms, threePointBody, type ThreePointBody } from './three-point-bodies.js';
export { quaternionConjugate, quaternionOf, quaternionProduct, rotate, rotationMatrix } from './quaternions.js';
export { rotationExp, rotationLog } from './rotation-vectors.js';
