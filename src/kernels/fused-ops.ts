import type { FusedOp } from './fused/op.js';
import { adamOp } from './adam/op.js';
import { affineOp } from './affine/op.js';
import { attentionOp } from './attention/op.js';
import { bumpRootsOp, bumpsOp } from './bumps/op.js';
import { convolutionOp } from './convolution/op.js';
import { denseOp, maskedDenseOp } from './dense/op.js';
import { dualDenseOp } from './dual-dense/op.js';
import { inverseOp } from './inverse/op.js';
import { luOp } from './lu/op.js';
import { paddedInverseOp } from './padded-convolution/op.js';
import { splineOp } from './rational-quadratic-spline/op.js';
import { rowNormOp } from './row-norm/op.js';
import { combinationOps } from './runge-kutta-combination/op.js';
import { slogdetOp } from './slogdet/op.js';
import { smoothUnitOp } from './smooth-unit/op.js';
import { solveOp } from './solve/op.js';
import { squaredDistancesOp } from './squared-distances/op.js';
import { sumLogDetsOp } from './sum-log-dets/op.js';
import { triangularSolveOp } from './triangular-solve/op.js';

/** Every operation that runs as one kernel: registered, tested at start-up, and run through the suites of the tests. */
export const FUSED_OPS: readonly FusedOp<object>[] = [
  denseOp,
  maskedDenseOp,
  dualDenseOp,
  attentionOp,
  rowNormOp,
  squaredDistancesOp,
  smoothUnitOp,
  convolutionOp,
  splineOp,
  bumpsOp,
  bumpRootsOp,
  ...combinationOps,
  affineOp,
  sumLogDetsOp,
  adamOp,
  slogdetOp,
  luOp,
  inverseOp,
  solveOp,
  triangularSolveOp,
  paddedInverseOp,
];
