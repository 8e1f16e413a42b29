import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowShapeError } from '../../errors.js';
import type { FusedOp } from '../fused/op.js';
import { runFused } from '../fused/run.js';
import { waves } from '../fused/waves.js';
import { combinationOnCpu } from './cpu.js';
import { combinationOnGpu } from './gpu.js';
import { MOST_TERMS, type CombinationAttributes } from './spec.js';
import { combinationOnWasm } from './wasm.js';

/** `y + Σ c_i k_i`, an operation for each number of terms. All tensors have one shape. */
export const combinationOps: readonly FusedOp<CombinationAttributes>[] = Array.from({ length: MOST_TERMS }, (_, i) =>
  combinationOf(i + 1),
);

function combinationOf(terms: number): FusedOp<CombinationAttributes> {
  const names = Array.from({ length: terms }, (_, i) => `k${i}`);
  return {
    name: `TfjsFlowsCombination${terms}`,
    inputs: ['y', ...names],
    outputs: ['sum'],
    outputShapes: ([shape]) => [shape],
    reference: ([y, ...ks], { coefficients }) => [ks.reduce((sum, k, i) => tf.add(sum, tf.mul(k, coefficients[i])), y)],
    cpu: combinationOnCpu,
    wasm: combinationOnWasm,
    gpu: combinationOnGpu,
    gradientOps: ({ dsum }, { coefficients }) => ({
      y: () => tf.clone(dsum),
      ...Object.fromEntries(names.map((name, i) => [name, () => tf.mul(dsum, coefficients[i])])),
    }),
    samples: [terms + 2, 4 * terms].map((rows) => ({
      attributes: { coefficients: names.map((_, i) => 0.75 - 0.3 * i) },
      inputs: ['y', ...names].map((_, i) => ({ shape: [rows, 3], values: waves(3 * rows, 1, i) })),
    })),
  };
}

/**
 * `y + Σ_i c_i k_i`: how an explicit Runge-Kutta method moves on, with the step size in the coefficients.
 *
 * A `k_i` with a coefficient of zero takes no part, so gradients do not reach it either.
 *
 * @param ks tensors of `y`'s shape
 * @param coefficients as many numbers
 * @throws FlowShapeError for a `k` of another shape, or another number of coefficients.
 */
export function combination(y: Tensor, ks: readonly Tensor[], coefficients: readonly number[]): Tensor {
  const [terms, factors] = termsOf('combination', y, ks, coefficients);
  return addTerms(y, terms, factors);
}

/**
 * `y + h Σ_i c_i k_i` where rows have steps of their own.
 *
 * @param y `[rows, width]`
 * @param ks tensors of `y`'s shape; a `k_i` with a coefficient of zero takes no part
 * @param h `[rows, 1]`
 * @throws FlowShapeError as {@link combination}.
 */
export function rowCombination(y: Tensor, ks: readonly Tensor[], h: Tensor, coefficients: readonly number[]): Tensor {
  const [terms, factors] = termsOf('rowCombination', y, ks, coefficients);
  if (terms.length === 0 || y.size === 0) return tf.clone(y);
  return tf.tidy(() => {
    const sum = addTerms(tf.mul(terms[0], factors[0]), terms.slice(1), factors.slice(1));
    return tf.add(y, tf.mul(h, sum));
  });
}

/** The terms that are not zero. */
function termsOf(
  where: string,
  y: Tensor,
  ks: readonly Tensor[],
  coefficients: readonly number[],
): [Tensor[], number[]] {
  if (coefficients.length !== ks.length) {
    throw new FlowShapeError(where, {
      expected: `${ks.length} coefficients`,
      got: `${coefficients.length}`,
      hint: 'Each k has one.',
    });
  }
  const stray = ks.find(({ shape }) => shape.join() !== y.shape.join());
  if (stray) {
    throw new FlowShapeError(where, {
      expected: `every k of shape [${y.shape.join(', ')}], as y`,
      got: `[${stray.shape.join(', ')}]`,
      hint: 'A right-hand side returns tensors of the shape of its state.',
    });
  }
  const taken = coefficients.map((_, i) => i).filter((i) => coefficients[i] !== 0);
  return [taken.map((i) => ks[i]), taken.map((i) => coefficients[i])];
}

/** As many terms at a time as a kernel takes. */
function addTerms(y: Tensor, ks: readonly Tensor[], coefficients: readonly number[]): Tensor {
  if (ks.length === 0 || y.size === 0) return tf.clone(y);
  if (ks.length <= MOST_TERMS) return runFused(combinationOps[ks.length - 1], [y, ...ks], { coefficients })[0];
  return tf.tidy(() => {
    const begin = addTerms(y, ks.slice(0, MOST_TERMS), coefficients.slice(0, MOST_TERMS));
    return addTerms(begin, ks.slice(MOST_TERMS), coefficients.slice(MOST_TERMS));
  });
}
