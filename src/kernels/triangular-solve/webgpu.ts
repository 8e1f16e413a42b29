import { FINITE_WGSL } from '../elimination/webgpu.js';
import type { WebGPUKernel } from '../fused/webgpu.js';
import type { TriangularSolveAttributes } from './spec.js';

const THREADS = 64;

/** One dispatch: every thread substitutes through a column of its own. */
export const triangularSolveOnWebGPU: WebGPUKernel<TriangularSolveAttributes> = (
  [t, b],
  { lower, adjoint, unitDiagonal },
  gpu,
) => {
  const [count, n, k] = b.shape;
  const row = (step: string) => (lower !== adjoint ? step : `N - 1 - ${step}`);
  const entry = (i: string, j: string) => `T[m * N * N + ${adjoint ? `${j} * N + ${i}` : `${i} * N + ${j}`}]`;
  const program = {
    variableNames: ['T', 'B'],
    outputShape: [count * n * k],
    workgroupSize: [THREADS, 1, 1] as [number, number, number],
    dispatchLayout: { x: [0] },
    dispatch: [Math.ceil((count * k) / THREADS), 1, 1] as [number, number, number],
    shaderKey: `TfjsFlowsTriangularSolve_${n}_${k}_${lower}_${adjoint}_${unitDiagonal}`,
    size: true,
    getUserCode: () => `
      const N : i32 = ${n};
      const K : i32 = ${k};
      ${FINITE_WGSL}

      fn main(index : i32) {
        if (index >= uniforms.size / N) { return; }
        let m = index / K;
        let begin = m * N * K + index % K;
        var usable = true;
        for (var step = 0; step < N; step++) {
          let i = ${row('step')};
          var rest = B[begin + i * K];
          usable = usable && finite(rest);
          for (var before = 0; before < step; before++) {
            let j = ${row('before')};
            let factor = ${entry('i', 'j')};
            usable = usable && finite(factor);
            rest -= factor * result[begin + j * K];
          }
          let pivot = ${unitDiagonal ? '1.0' : entry('i', 'i')};
          usable = usable && finite(pivot) && pivot != 0.0;
          result[begin + i * K] = rest / pivot;
        }
        for (var i = 0; i < N && !usable; i++) { result[begin + i * K] = uniforms.NAN; }
      }`,
  };
  const flat = gpu.run(program, [t, b]);
  const x = gpu.view(flat, b.shape);
  gpu.dispose(flat);
  return [x];
};
