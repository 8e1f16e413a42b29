export { CentreOfMassFree, type CentreOfMassFreeOptions } from './centre-of-mass-free.js';
export type { MolecularCoordinate } from './coordinate-list.js';
export { InternalCoordinates, type InternalCoordinatesOptions } from './internal-coordinates.js';
export { MixedCoordinates, type MixedCoordinatesOptions } from './mixed-coordinates.js';
export type { MolecularPlacement } from './pose.js';
export type { ZMatrixRow } from './z-matrix.js';
