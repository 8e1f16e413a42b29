import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  CircularRationalQuadraticSpline,
  ConvNet,
  FlowConfigError,
  Moebius,
  PlaquetteCoupling,
  RandomStream,
  RationalQuadraticSpline,
  U1Lattice,
  type PlaquetteCouplingOptions,
} from '../../../src/index.js';
import { onEachBackend } from '../../support/backends.js';
import { perturb } from '../../support/perturb.js';

const SHAPE = [4, 8] as const;

function coupling(options: Partial<PlaquetteCouplingOptions> = {}): PlaquetteCoupling {
  const layer = new PlaquetteCoupling({
    shape: SHAPE,
    direction: 0,
    transform: new CircularRationalQuadraticSpline({ bins: 4 }),
    conditioner: (request) =>
      new ConvNet({ ...request, hidden: [6], activation: 'tanh', padding: 'circular', seed: 1 }),
    ...options,
  });
  perturb(layer, 'coupling');
  return layer;
}

const links = () => new RandomStream('links').uniformTensor([3, 2, ...SHAPE], -Math.PI, Math.PI);

/** The largest difference of two fields of angles, as angles. */
function apart(a: Tensor, b: Tensor): number {
  return tf.tidy(() => tf.max(tf.abs(tf.mul(2, tf.sin(tf.div(tf.sub(a, b), 2))))).dataSync()[0]);
}

/** All axes of a lattice moved along, sites and links with them. */
function translated(x: Tensor, by: readonly [number, number]): Tensor {
  const roll = (value: Tensor, axis: number, shift: number) => {
    const [first, rest] = tf.split(value, [shift, value.shape[axis] - shift], axis);
    return tf.concat([rest, first], axis);
  };
  return by.reduce((value, shift, axis) => (shift === 0 ? value : roll(value, axis + 2, shift)), x);
}

onEachBackend(test, 'gauge transformations pass through, and change no log-determinant', (t) => {
  tf.tidy(() => {
    using lattice = new U1Lattice({ shape: [...SHAPE] });
    const alpha = new RandomStream('alpha').uniformTensor([...SHAPE], -Math.PI, Math.PI);
    const transform = new Moebius({ components: 2 });
    for (const layer of [coupling(), coupling({ direction: 1, offset: 2 }), coupling({ offset: 3, transform })]) {
      const x = links();
      const [y, logDet] = layer.inverseAndLogDet(x);
      const [moved, sameLogDet] = layer.inverseAndLogDet(lattice.gaugeTransform(x, alpha));
      t.true(apart(moved, lattice.gaugeTransform(y, alpha)) < 2e-5);
      t.true(tf.max(tf.abs(tf.sub(logDet, sameLogDet))).dataSync()[0] < 1e-4);
      t.true(apart(y, x) > 0.1, 'the layer does something');
      layer.dispose();
    }
  });
});

onEachBackend(test, 'translations by four sites across the links, and by one along them, pass through', (t) => {
  tf.tidy(() => {
    const shifts = { 0: [1, 4], 1: [0, 1] } as const;
    for (const direction of [0, 1] as const) {
      const layer = coupling({ direction });
      const by = shifts[direction];
      const x = links();
      t.true(apart(layer.forward(translated(x, by)), translated(layer.forward(x), by)) < 1e-5);
      layer.dispose();
    }
  });
});

test('eight layers move every link once', (t) => {
  tf.tidy(() => {
    const times = tf.buffer([2, ...SHAPE]);
    for (const direction of [0, 1] as const) {
      for (const offset of [0, 1, 2, 3] as const) {
        const layer = coupling({ direction, offset });
        const x = links();
        const change = tf.max(tf.abs(tf.sub(layer.forward(x), x)), 0).dataSync();
        layer.dispose();
        change.forEach((value, i) => (times.values[i] += value > 1e-4 ? 1 : 0));
      }
    }
    t.deepEqual([...times.values], Array<number>(times.size).fill(1));
  });
});

test('what cannot be a layer is refused', (t) => {
  const refuse = (options: object, message: RegExp) =>
    t.throws(() => coupling(options), { instanceOf: FlowConfigError, message });
  refuse({ shape: [4, 6] }, /PlaquetteCoupling.shape.*multiples of 4/s);
  refuse({ shape: [4] }, /PlaquetteCoupling.shape/);
  refuse({ direction: 2 }, /PlaquetteCoupling.direction/);
  refuse({ offset: 4 }, /PlaquetteCoupling.offset/);
  refuse({ transform: new RationalQuadraticSpline() }, /a map of the circle/);
  refuse({ conditioner: new ConvNet({ inputs: 3, outputs: 2, hidden: [] }) }, /from 2 inputs/);
});
