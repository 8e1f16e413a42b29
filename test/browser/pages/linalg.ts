import * as tf from '@tensorflow/tfjs-core';
import { inverse, logAbsDet, lu, ready, solve, triangularSolve, type BackendName } from '../../../src/index.js';
import { isEnabled } from '../../../src/kernels/fused/register.js';
import { FUSED_OPS } from '../../../src/kernels/fused-ops.js';
import {
  derivatives,
  differences,
  errorOf,
  exactResults,
  LINALG_CASES,
  linalgInputs,
} from '../../support/linalg-cases.js';
import { edgeCases, singularDeterminants } from '../../support/linalg-edges.js';

/** Starts a backend. */
export async function start(backend: BackendName): Promise<void> {
  await ready({ backend });
}

/** Whether the browser offers WebGPU; if not, why. */
export async function webgpuObstacle(): Promise<string | null> {
  const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<object | null> } };
  if (!gpu) return 'this browser has no navigator.gpu';
  return (await gpu.requestAdapter()) ? null : 'this browser offers no adapter';
}

/** Operations of linear algebra that the running backend has no kernel for. */
export function missingKernels(names: string[]): string[] {
  return names.filter((name) => !FUSED_OPS.some((op) => op.name === name && isEnabled(op, tf.getBackend())));
}

/** Error of every function against float64, relative to the condition of the matrices, for one size and batch. */
export async function errors(n: number, count: number): Promise<{ name: string; error: number }[]> {
  const found: { name: string; error: number }[] = [];
  for (const of of LINALG_CASES) {
    const inputs = linalgInputs(of, n, count, 'browser');
    const tensors = inputs.map(({ shape, values }) => tf.tensor(values, shape));
    const y = of.run(tensors);
    const { values, condition } = exactResults(of, inputs);
    found.push({ name: of.name, error: errorOf(await y.data(), values) / condition });
    tf.dispose([...tensors, y]);
  }
  return found;
}

/** Errors of first and second derivatives for matrices `[n, n]`, and tensors left behind. */
export async function derivativeErrors(n: number) {
  const before = tf.memory().numTensors;
  const found: { name: string; first: number; second: number }[] = [];
  for (const of of LINALG_CASES) {
    const [inputs, directions] = ['derivatives', 'directions'].map((seed) => linalgInputs(of, n, 1, seed));
    const [at, along] = [inputs, directions].map((list) => list.map(({ shape, values }) => tf.tensor(values, shape)));
    const gradients = tf.tidy(() => derivatives(of, at, along));
    const exact = differences(of, inputs.map(({ values }) => Float64Array.from(values)), n, directions.map(({ values }) => values)); // prettier-ignore
    const worst = async (order: 'first' | 'second') =>
      Math.max(...(await Promise.all(gradients[order].map(async (g, i) => errorOf(await g.data(), exact[order][i])))));
    found.push({ name: of.name, first: await worst('first'), second: await worst('second') });
    tf.dispose([at, along, gradients.first, gradients.second]);
  }
  return { found, leaked: tf.memory().numTensors - before };
}

export { edgeCases, singularDeterminants };

/** Shapes of the results for a batch without matrices, gradients included. */
export function emptyBatch(): number[][] {
  return tf.tidy(() => {
    const [a, b] = [tf.zeros([2, 0, 3, 3]), tf.zeros([2, 0, 3, 1])];
    const { lower, permutation } = lu(a);
    // With an upstream gradient: stock sums of nothing throw.
    const f = (x: tf.Tensor, y: tf.Tensor) => triangularSolve(inverse(x), solve(x, y));
    const gradients = tf.grads(f)([a, b], b);
    return [logAbsDet(a), lower, permutation, solve(a, b), ...gradients].map(({ shape }) => [...shape]);
  });
}
