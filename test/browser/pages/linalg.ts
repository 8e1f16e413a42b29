import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { inverse, logAbsDet, lu, ready, slogdet, solve, triangularSolve, type BackendName } from '../../../src/index.js';
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

/** Results for a sound matrix between a singular one and some that are not finite, as text (JSON has no NaN). */
export async function edgeCases(): Promise<Record<string, string[]>> {
  const a = tf.tensor3d([
    [[2, 0], [0, 4]],
    [[1, 2], [2, 4]],
    [[0, 0], [0, 0]],
    [[NaN, 1], [0, 1]],
    [[1, NaN], [0, 1]],
    [[1, 0], [-Infinity, 1]],
  ]); // prettier-ignore
  const b = tf.tensor3d([[[2, NaN], [4, 4]], ...Array.from({ length: 5 }, () => [[1, 1], [1, 1]])]); // prettier-ignore
  const { sign, logAbsDet: log } = slogdet(a);
  const { lower, upper, permutation } = lu(a);
  const results: Record<string, Tensor> = {
    sign,
    log,
    logAbsDet: logAbsDet(a),
    inverse: inverse(a),
    solve: solve(a, b),
    triangularSolve: triangularSolve(a, b),
    lower,
    upper,
    permutation,
  };
  const texts: Record<string, string[]> = {};
  for (const [name, tensor] of Object.entries(results)) texts[name] = Array.from(await tensor.data(), (u) => String(u + 0));
  tf.dispose([a, b, results]);
  return texts;
}
