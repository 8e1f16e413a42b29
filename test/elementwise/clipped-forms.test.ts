import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { ElementwiseAffine, FlowConfigError, SoftclippedSpline, type ElementwiseTransform } from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';

/** The forms of nflows and zuko, against their formulas worked out in doubles. */

const RAW = [-40, -3, -0.5, 0, 0.7, 5, 60];

/** `log dz/dx` towards the base at one raw scale, and `z` at `x = 2` with shift 0.5. */
function towardsBase(transform: ElementwiseTransform, u: number): { slope: number; z: number } {
  return tf.tidy(() => {
    const { value, logDet } = transform.inverse(tf.tensor1d([2]), tf.tensor2d([[0.5, u]]));
    return { slope: logDet.dataSync()[0], z: value.dataSync()[0] };
  });
}

onEachBackend(test, 'affine forms that shift after scaling: log(1 + e^u) + least, and e to a soft clip', (t) => {
  const softplus = (u: number) => Math.max(u, 0) + Math.log1p(Math.exp(-Math.abs(u)));
  const forms: readonly [ElementwiseAffine, (u: number) => number][] = [
    [new ElementwiseAffine({ scale: 'inverseSoftplus' }), (u) => Math.log(softplus(u) + 1e-3)],
    [new ElementwiseAffine({ scale: 'inverseSoftplus', least: 0.1 }), (u) => Math.log(softplus(u) + 0.1)],
    [new ElementwiseAffine({ scale: 'inverseExp', bound: 3 }), (u) => u / (1 + Math.abs(u) / 3)],
  ];
  for (const [transform, logSlope] of forms) {
    for (const u of RAW) {
      const { slope, z } = towardsBase(transform, u);
      const expected = logSlope(u);
      t.true(Math.abs(slope - expected) < 2e-5, `${slope} for ${expected}`);
      t.true(Math.abs(z / (2 * Math.exp(expected) + 0.5) - 1) < 2e-5, `${z}`);
      t.true(-slope >= Math.log(transform.slopes[0]) - 1e-5 && -slope <= Math.log(transform.slopes[1]) + 1e-5);
    }
  }
});

test('without a bound, the exponential form is the plain one', (t) => {
  const plain = new ElementwiseAffine({ scale: 'inverseExp', bound: null });
  for (const u of [-3, 0, 7]) t.is(towardsBase(plain, u).slope, u);
  t.deepEqual(plain.slopes, [0, Infinity]);
});

onEachBackend(test, 'knots of a soft-clipped spline are where their formula has them', (t) => {
  const [bins, tailBound, leastSlope] = [3, 2, 1e-2];
  const raw = [1, -2, 30, 0.3, 8, -1, 2.5, -5];
  const clip = (u: number, b: number) => u / (1 + Math.abs(u) / b);
  const bound = -Math.log(leastSlope);
  const knots = (parameters: number[]) => {
    const weights = parameters.map((u) => Math.exp(clip(u, bound / 2)));
    const total = weights.reduce((sum, w) => sum + w, 0);
    return [0, 1].map((k) => -tailBound + (2 * tailBound * weights.slice(0, k + 1).reduce((sum, w) => sum + w, 0)) / total); // prettier-ignore
  };
  const [x, y] = [knots(raw.slice(0, 3)), knots(raw.slice(3, 6))];
  const slopes = raw.slice(6).map((u) => clip(u, bound));
  const spline = new SoftclippedSpline({ bins, tailBound, leastSlope });
  tf.tidy(() => {
    const { value, logDet } = spline.inverse(tf.tensor1d(x), tf.tensor2d([raw, raw]));
    const [values, logs] = [value.dataSync(), logDet.dataSync()];
    for (const k of [0, 1]) {
      t.true(Math.abs(values[k] - y[k]) < 1e-5, `${values[k]} for ${y[k]}`);
      t.true(Math.abs(logs[k] - slopes[k]) < 2e-3, `${logs[k]} for ${slopes[k]}`);
    }
    const outside = spline.inverse(tf.tensor1d([-2.5, 7]), tf.tensor2d([raw, raw]));
    t.deepEqual([...outside.value.dataSync()], [-2.5, 7]);
    t.deepEqual([...outside.logDet.dataSync()], [0, 0]);
  });
});

test('impossible options of a soft-clipped spline are refused', (t) => {
  for (const leastSlope of [0, 1, NaN]) {
    t.throws(() => new SoftclippedSpline({ leastSlope }), { instanceOf: FlowConfigError, message: /leastSlope between/ }); // prettier-ignore
  }
  t.throws(() => new SoftclippedSpline({ bins: 1 }), { instanceOf: FlowConfigError });
  t.throws(() => new SoftclippedSpline({ tailBound: 0 }), { instanceOf: FlowConfigError });
});
