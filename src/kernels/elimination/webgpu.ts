import type { TensorInfo } from '@tensorflow/tfjs-core';
import { sizeOf, type Shape } from '../../shapes.js';
import type { WebGPUProgram, WebGPURunner } from '../fused/webgpu.js';
import { CANCELLED_FLOAT } from './cancelled.js';
import type { EliminationPlan } from './plan.js';

/** Threads that work on one matrix. */
const THREADS = 64;

/** Whether a number is neither NaN nor infinite; comparisons with NaN are not reliable in shaders. */
export const FINITE_WGSL = `
  fn finite(x : f32) -> bool { return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u; }`;

/** Results of elimination, one after the other in memory. */
const PARTS = {
  matrix: ({ count, n }: EliminationPlan): Shape => [count, n, n],
  right: ({ count, n, k }: EliminationPlan): Shape => [count, n, k],
  order: ({ count, n }: EliminationPlan): Shape => [count, n],
  sign: ({ count }: EliminationPlan): Shape => [count],
  logAbsDet: ({ count }: EliminationPlan): Shape => [count],
};

/**
 * Elimination with partial pivoting in one dispatch, a workgroup a matrix, and the parts of the result that are asked
 * for. Right-hand sides are divided by the pivots: under Gauss-Jordan they are the solution.
 */
export function eliminateOnWebGPU(
  inputs: readonly TensorInfo[],
  plan: EliminationPlan,
  parts: readonly (keyof typeof PARTS)[],
  gpu: WebGPURunner,
): TensorInfo[] {
  const names = Object.keys(PARTS) as (keyof typeof PARTS)[];
  const sizes = names.map((name) => sizeOf(PARTS[name](plan)));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const all = gpu.run(program(plan, total), inputs);
  const outputs = parts.map((part) => {
    const begin = sizes.slice(0, names.indexOf(part)).reduce((sum, size) => sum + size, 0);
    return gpu.view(all, PARTS[part](plan), begin);
  });
  gpu.dispose(all);
  return outputs;
}

/**
 * Each thread owns every 64th column. At a step all read the pivot's column, which its owner brings up to date only after
 * the barrier that ends the step; so one barrier a step is enough.
 */
function program({ count, n, k, right, adjoint, kind }: EliminationPlan, total: number): WebGPUProgram {
  const entry = (i: string, j: string) => `A[m * N * N + ${adjoint ? `${j} * N + ${i}` : `${i} * N + ${j}`}]`;
  const changes = kind === 'lu' ? 'i > step' : 'i != step';
  return {
    variableNames: right === 'given' ? ['A', 'B'] : ['A'],
    outputShape: [total],
    workgroupSize: [THREADS, 1, 1],
    dispatchLayout: { x: [0] },
    dispatch: [count, 1, 1],
    shaderKey: `TfjsFlowsElimination_${n}_${k}_${right}_${adjoint}_${kind}`,
    size: true,
    getUserCode: () => `
      const N : i32 = ${n};
      const K : i32 = ${k};
      var<workgroup> damaged : atomic<u32>;
      ${FINITE_WGSL}

      fn place(count : i32, m : i32, i : i32, c : i32) -> i32 {
        if (c < N) { return (m * N + i) * N + c; }
        return count * N * N + (m * N + i) * K + c - N;
      }

      /** Exchanges two numbers of the result. */
      fn exchange(a : i32, b : i32) {
        let other = result[a];
        result[a] = result[b];
        result[b] = other;
      }

      fn main(index : i32) {
        let count = uniforms.size / (N * (N + K + 1) + 2);
        let m = i32((workgroupId.z * numWorkgroups.y + workgroupId.y) * numWorkgroups.x + workgroupId.x);
        let live = m < count;
        let lane = i32(localIndex);
        let order = count * N * (N + K) + m * N;
        let scalars = count * N * (N + K + 1) + m;
        if (live) {
          for (var c = lane; c < N + K; c += ${THREADS}) {
            for (var i = 0; i < N; i++) {
              var x = f32(i == c - N);
              if (c < N) {
                x = ${entry('i', 'c')};
                if (!finite(x)) { atomicStore(&damaged, 1u); }
              }
              ${right === 'given' ? 'else { x = B[(m * N + i) * K + c - N]; }' : ''}
              result[place(count, m, i, c)] = x;
            }
          }
          if (lane == 0) { for (var i = 0; i < N; i++) { result[order + i] = f32(i); } }
        }
        workgroupBarrier();
        storageBarrier();
        let usable = atomicLoad(&damaged) == 0u;

        var det = 1.0;
        var logDet = 0.0;
        var overflow = false;
        for (var step = 0; step < N; step++) {
          var pivotRow = step;
          var pivot = 0.0;
          if (live) {
            var largest = -1.0;
            for (var i = step; i < N; i++) {
              let size = abs(result[place(count, m, i, step)]);
              if (size > largest) {
                pivotRow = i;
                largest = size;
              }
            }
            pivot = result[place(count, m, pivotRow, step)];
            overflow = overflow || !finite(pivot);
            det *= sign(pivot);
            if (pivotRow != step) { det = -det; }
            if (pivot != 0.0) { logDet += log(abs(pivot)); }
            for (var c = lane; c < N + K; c += ${THREADS}) {
              if (c == step) { continue; }
              let top = place(count, m, step, c);
              if (pivotRow != step) { exchange(top, place(count, m, pivotRow, c)); }
              if (c < step || pivot == 0.0) { continue; }
              for (var i = 0; i < N; i++) {
                if (!(${changes})) { continue; }
                let at = place(count, m, i, c);
                let origin = select(i, step, i == pivotRow);
                let factor = result[place(count, m, origin, step)] / pivot;
                let x = result[at];
                let rest = x - factor * result[top];
                result[at] = select(rest, 0.0, abs(rest) <= ${CANCELLED_FLOAT} * abs(x));
              }
            }
          }
          workgroupBarrier();
          storageBarrier();
          if (live && lane == step % ${THREADS}) {
            if (pivotRow != step) {
              exchange(place(count, m, step, step), place(count, m, pivotRow, step));
              exchange(order + step, order + pivotRow);
            }
            for (var i = 0; i < N; i++) {
              let at = place(count, m, i, step);
              if (${changes} && pivot != 0.0) { result[at] = result[at] / pivot; }
            }
          }
        }
        workgroupBarrier();
        storageBarrier();

        if (!live) { return; }
        let good = usable && !overflow;
        for (var c = lane; c < N + K; c += ${THREADS}) {
          var keep = good;
          if (c >= N) {
            keep = keep && det != 0.0;
            ${right === 'given' ? 'for (var i = 0; i < N; i++) { keep = keep && finite(B[(m * N + i) * K + c - N]); }' : ''}
          }
          for (var i = 0; i < N; i++) {
            let at = place(count, m, i, c);
            if (!keep) { result[at] = uniforms.NAN; }
            else if (c >= N) { result[at] = result[at] / result[place(count, m, i, i)]; }
          }
        }
        if (lane > 0) { return; }
        if (!good) { for (var i = 0; i < N; i++) { result[order + i] = f32(i); } }
        result[scalars] = select(uniforms.NAN, det, good);
        result[scalars + count] = select(uniforms.NAN, select(logDet, -uniforms.INFINITY, det == 0.0), good);
      }`,
  };
}
