import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  BumpMixture,
  CircularBumpMixture,
  FlowConfigError,
  RandomStream,
  type BumpMixtureOptions,
} from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';

const ON_INTERVAL = new BumpMixture({ components: 6 });
const ON_LINE = new BumpMixture({ components: 6, interval: [-2, 2], boundaries: 'linear' });

/** One row of parameters near the start, the same for all of `n` points. */
function parameters(map: BumpMixture | CircularBumpMixture, n: number, seed: string, scale = 1): Tensor {
  const noise = new RandomStream(seed).normal(map.parameterCount);
  const row = map.identityParameters().map((value, i) => value + scale * noise[i]);
  return tf.tile(tf.tensor2d([row]), [n, 1]);
}

onEachBackend(test, 'the ends of the interval stay where they are, and the density integrates to one', (t) => {
  tf.tidy(() => {
    const cells = 2000;
    for (const [low, high] of [
      [0, 1],
      [-2, 3],
    ] as const) {
      // prettier-ignore
      const map = new BumpMixture({ components: 6, interval: [low, high] });
      for (const seed of ['a', 'b', 'c']) {
        const x = tf.tensor1d(Array.from({ length: cells + 1 }, (_, i) => low + ((high - low) * i) / cells));
        const { value, logDet } = map.inverse(x, parameters(map, cells + 1, seed));
        const values = value.dataSync();
        assertClose(t, [values[0], values[cells]], [low, high], 1e-6);
        const slopes = tf.exp(logDet).dataSync<'float32'>();
        const mass = slopes.reduce((sum, slope, i) => sum + (i % cells === 0 ? slope / 2 : slope), 0) / cells;
        t.true(Math.abs(mass - 1) < 1e-4, `${mass}`);
      }
    }
  });
});

onEachBackend(test, 'beyond the interval, a map of the line is straight, and joined with all derivatives', (t) => {
  tf.tidy(() => {
    const raw = parameters(ON_LINE, 5, 'line');
    const x = tf.tensor1d([-5, -2, 2, 5, 8]);
    const { value, logDet } = ON_LINE.inverse(x, raw);
    const [slope] = tf.exp(logDet).dataSync();
    assertClose(t, tf.exp(logDet), [slope, slope, slope, slope, slope], 1e-6, 'slopes');
    assertClose(t, value, [-2 - 3 * slope, -2, 2, 2 + 3 * slope, 2 + 6 * slope], 1e-5, 'values');
    const derivatives: ((at: Tensor) => Tensor)[] = [(at) => ON_LINE.inverse(at, raw).logDet];
    for (let order = 1; order <= 3; order++) derivatives.push((at) => tf.grad(derivatives[order - 1])(at));
    derivatives.slice(1).forEach((of) => assertClose(t, of(x), [0, 0, 0, 0, 0], 1e-6));
    const back = ON_LINE.forward(value, raw);
    assertClose(t, back.value, x, 1e-5, 'back');
    assertClose(t, back.logDet, tf.neg(logDet), 1e-5, 'log-slopes on the way back');
  });
});

for (const [name, map] of [
  ['interval', ON_INTERVAL],
  ['line', ON_LINE],
] as const) {
  onEachBackend(test, `${name}: the numeric direction has the derivatives of an inverse, twice`, (t) => {
    tf.tidy(() => {
      const x = tf.tensor1d([0.12, 0.35, 0.58, 0.8]);
      const raw = parameters(map, 4, 'derivatives', 0.5);
      /** `x` again, and zero: whatever is differentiated twice through both directions has to vanish. */
      const there = (at: Tensor, r: Tensor) => {
        const inverse = map.inverse(at, r);
        const forward = map.forward(inverse.value, r);
        return tf.sum(tf.add(tf.mul(forward.value, tf.tensor1d([1, 2, 3, 4])), tf.add(inverse.logDet, forward.logDet)));
      };
      const [byPoint, byRaw] = tf.grads(there)([x, raw]);
      assertClose(t, byPoint, [1, 2, 3, 4], 1e-4, 'by x');
      assertClose(t, byRaw, new Float32Array(raw.size), 1e-4, 'by the parameters');
      const direction = new RandomStream('direction').normalTensor(raw.shape);
      const slope = (at: Tensor, r: Tensor) => {
        const [first, second] = tf.grads(there)([at, r]);
        return tf.add(tf.sum(tf.mul(second, direction)), tf.sum(first));
      };
      const [twice, mixed] = tf.grads(slope)([x, raw]);
      assertClose(t, twice, new Float32Array(4), 5e-3, 'by x twice');
      assertClose(t, mixed, new Float32Array(raw.size), 5e-3, 'by the parameters twice');
    });
  });
}

for (const [name, map] of [
  ['interval', ON_INTERVAL],
  ['line', ON_LINE],
  ['circle', new CircularBumpMixture({ components: 6 })],
] as const) {
  onEachBackend(test, `${name}: the numeric direction has the gradients of an unrolled search, twice`, (t) => {
    tf.tidy(() => {
      const y = tf.tensor1d([0.2, 0.45, 0.7]);
      const raw = parameters(map, 3, 'unrolled', 0.5);
      const weighted = (x: Tensor, logDet: Tensor) => tf.sum(tf.add(tf.mul(x, tf.tensor1d([1, -2, 3])), logDet));
      const implicit = (at: Tensor, r: Tensor) => {
        const { value, logDet } = map.forward(at, r);
        return weighted(value, logDet);
      };
      const nearby = tf.add(map.forward(y, raw).value, 0.01);
      /** Newton steps from where no derivative is right yet, each of them differentiated through. */
      const unrolled = (at: Tensor, r: Tensor) => {
        let x: Tensor = nearby;
        for (let i = 0; i < 5; i++) {
          const { value, logDet } = map.inverse(x, r);
          x = tf.sub(x, tf.mul(tf.sub(value, at), tf.exp(tf.neg(logDet))));
        }
        return weighted(x, tf.neg(map.inverse(x, r).logDet));
      };
      const direction = new RandomStream('direction').normalTensor(raw.shape);
      const derivatives = (f: typeof implicit) => {
        const along = (at: Tensor, r: Tensor) => {
          const [byPoint, byRaw] = tf.grads(f)([at, r]);
          return tf.add(tf.sum(byPoint), tf.sum(tf.mul(byRaw, direction)));
        };
        return [...tf.grads(f)([y, raw]), ...tf.grads(along)([y, raw])];
      };
      const exact = derivatives(unrolled);
      derivatives(implicit).forEach((found, i) => {
        const size = tf.max(tf.abs(exact[i]));
        assertClose(t, tf.div(found, size), tf.div(exact[i], size), i < 2 ? 1e-4 : 1e-3, ['y', 'raw', 'y, then all', 'raw, then all'][i]); // prettier-ignore
      });
    });
  });
}

onEachBackend(test, 'gradients of the numeric direction are those of differences', (t) => {
  tf.tidy(() => {
    const points = [0.2, 0.45, 0.7];
    const raw = parameters(ON_INTERVAL, 3, 'differences', 0.5);
    const loss = (x: Tensor, r: Tensor) => {
      const { value, logDet } = ON_INTERVAL.forward(x, r);
      return tf.add(tf.mul(tf.sum(value), 2), tf.sum(logDet));
    };
    const [byPoint, byRaw] = tf.grads(loss)([tf.tensor1d(points), raw]);
    const direction = new RandomStream('direction').normalTensor(raw.shape);
    const h = 5e-4;
    const along = (by: number) => loss(tf.tensor1d(points), tf.add(raw, tf.mul(direction, by))).dataSync()[0];
    assertClose(t, tf.sum(tf.mul(byRaw, direction)), [(along(h) - along(-h)) / (2 * h)], 2e-3, 'by the parameters');
    const moved = (by: number) => loss(tf.tensor1d(points.map((x) => x + by)), raw).dataSync()[0];
    assertClose(t, tf.sum(byPoint), [(moved(h) - moved(-h)) / (2 * h)], 2e-3, 'by x');
  });
});

onEachBackend(test, 'a base value beyond the interval counts as its end', (t) => {
  tf.tidy(() => {
    const { value } = ON_INTERVAL.forward(tf.tensor1d([-0.5, 1.5]), parameters(ON_INTERVAL, 2, 'beyond'));
    assertClose(t, value, [0, 1], 1e-6);
  });
});

test('impossible options are refused', (t) => {
  const table: readonly [BumpMixtureOptions, string][] = [
    [{ components: 0 }, 'BumpMixture: expected components: a whole number, at least 1, got 0.'],
    [{ exponent: 3 }, 'BumpMixture: expected exponent between 0.5 and 2, got 3.'],
    [{ minWidth: 0 }, 'BumpMixture: expected minWidth between 0 and 0.5, got 0.'],
    [{ minDensity: 1 }, 'BumpMixture: expected minDensity between 0 and 0.5, got 1.'],
    [{ interval: [1, 1] }, 'BumpMixture: expected a finite interval with low < high (tailBound > 0), got [1, 1].'],
    [{ boundaries: 'x' as never }, "BumpMixture: expected boundaries: 'linear' or 'bounded', got 'x'."],
  ];
  for (const [options, message] of table) t.throws(() => new BumpMixture(options), { instanceOf: FlowConfigError, message }); // prettier-ignore
});
