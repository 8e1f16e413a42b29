import { natively, settleColumns } from '../elimination/tensorflow.js';
import { inverseByOps, solveByOps } from './reference.js';
import type { SolveAttributes } from './spec.js';

export const solveOnTensorFlow = natively<SolveAttributes>(
  solveByOps,
  (inputs, { adjoint }) => ({ name: 'MatrixSolve', flags: { adjoint }, inputs }),
  settleColumns,
);

export const inverseOnTensorFlow = natively<object>(
  inverseByOps,
  (inputs) => ({ name: 'MatrixInverse', flags: { adjoint: false }, inputs }),
  settleColumns,
);
