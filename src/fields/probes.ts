import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkInteger } from '../conditioners/check.js';
import { FlowConfigError } from '../errors.js';
import type { RandomStream } from '../random.js';
import { hutchPlusPlusProbes } from './hutch-plus-plus.js';
import type { Rate, VectorField } from './vector-field.js';

/** How the trace of a Jacobian is found. */
export type DivergenceEstimator =
  /** As a sum over all coordinates: one product with the Jacobian each. */
  | 'exact'
  /** `mean v·Jv` over probes `v` of random signs (Hutchinson, 1990). Without error where the Jacobian is diagonal. */
  | 'rademacher'
  /** `mean v·Jv` over standard normal probes `v` (Grathwohl et al., 2019). */
  | 'gaussian'
  /** {@link hutchPlusPlusProbes}: the trace over a subspace exactly, the rest estimated (Meyer et al., 2021). */
  | 'hutch++';

/** How a continuous flow finds the divergence of its field. */
export interface DivergenceOptions {
  /** Default: `exact`. */
  readonly estimator?: DivergenceEstimator;
  /**
   * Number of probes `K`; not used by `exact`. An evaluation of the field takes `K` products with its Jacobian, or with
   * `hutch++` `3K`. Default: 1.
   */
  readonly probes?: number;
}

const ESTIMATORS: readonly DivergenceEstimator[] = ['exact', 'rademacher', 'gaussian', 'hutch++'];

/**
 * The options with their defaults, to be kept and saved.
 *
 * @throws FlowConfigError for an unknown estimator, or a number of probes that is no positive integer.
 */
export function checkDivergence(where: string, options: DivergenceOptions = {}): Required<DivergenceOptions> {
  const { estimator = 'exact', probes = 1 } = options;
  if (!ESTIMATORS.includes(estimator)) {
    throw new FlowConfigError(`${where}.estimator`, {
      expected: `one of ${ESTIMATORS.join(', ')}`,
      got: JSON.stringify(estimator),
    });
  }
  checkInteger(`${where}.probes`, probes);
  return { estimator, probes };
}

/** Random signs, `[rows, count, dims]`: `E[v vᵀ] = I`, with the least variance of `v·Jv` among independent entries. */
export function rademacherProbes(stream: RandomStream, rows: number, count: number, dims: number): Tensor {
  const signs = stream.uniform(rows * count * dims).map((u) => (u < 0.5 ? -1 : 1));
  return tf.tensor3d(signs, [rows, count, dims]);
}

/** Standard normal numbers, `[rows, count, dims]`: `E[v vᵀ] = I`. */
export function gaussianProbes(stream: RandomStream, rows: number, count: number, dims: number): Tensor {
  return stream.normalTensor([rows, count, dims]);
}

/**
 * The random part of an estimator, drawn once for a whole solve: with new numbers at each evaluation the right-hand side
 * would be noise, and a solver that adapts its steps would not get anywhere.
 *
 * @returns `[rows, K, dims]`, for `hutch++` `[rows, 2K, dims]`; null for `exact`
 */
export function probesFor(
  { estimator = 'exact', probes = 1 }: DivergenceOptions,
  stream: RandomStream,
  rows: number,
  dims: number,
): Tensor | null {
  switch (estimator) {
    case 'exact':
      return null;
    case 'gaussian':
      return gaussianProbes(stream, rows, probes, dims);
    case 'rademacher':
      return rademacherProbes(stream, rows, probes, dims);
    case 'hutch++':
      // Random signs of few dimensions are dependent now and then, which would waste parts of the sketch.
      return tf.tidy(() =>
        tf.concat([gaussianProbes(stream, rows, probes, dims), rademacherProbes(stream, rows, probes, dims)], 1),
      );
  }
}

/**
 * {@link VectorField.rates} by an estimator.
 *
 * @param noise what {@link probesFor} drew with the same options
 */
export function ratesWith(
  field: VectorField,
  { estimator = 'exact' }: DivergenceOptions,
  t: Tensor,
  z: Tensor,
  context: Tensor | null,
  noise: Tensor | null,
  wanted: readonly Rate[],
): Tensor[] {
  return tf.tidy(() => {
    const adapts = estimator === 'hutch++' && noise !== null && z.shape[0] > 0 && field.usesProbes(wanted);
    const probes = adapts ? hutchPlusPlusProbes(field, t, z, context, noise) : noise;
    return field.rates(t, z, context, probes, wanted);
  });
}
