import type { FusedOp } from './fused/op.js';
import { adamOp } from './adam/op.js';
import { affineOp } from './affine/op.js';
import { denseOp, maskedDenseOp } from './dense/op.js';
import { paddedInverseOp } from './padded-convolution/op.js';
import { splineOp } from './rational-quadratic-spline/op.js';
import { sumLogDetsOp } from './sum-log-dets/op.js';

/** Every operation that runs as one kernel: registered, tested at start-up, and run through the suites of the tests. */
export const FUSED_OPS: readonly FusedOp<object>[] = [
  denseOp,
  maskedDenseOp,
  splineOp,
  affineOp,
  sumLogDetsOp,
  adamOp,
  paddedInverseOp,
];
