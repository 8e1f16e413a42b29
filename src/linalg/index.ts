export { inverse } from './inverse.js';
export { logAbsDet } from './log-abs-det.js';
export { lu, type LU } from './lu.js';
export { slogdet, type SignAndLogDet } from './slogdet.js';
export { solve, type SolveOptions } from './solve.js';
export { triangularSolve, type TriangularSolveOptions } from './triangular-solve.js';
