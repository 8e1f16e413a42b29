import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Box } from '../conditioners/bodies/body-view.js';
import { withoutGradient } from '../kernels/stop-gradient/op.js';

/**
 * Squared distances between sites of different bodies, each to the nearest image in a periodic box.
 *
 * Body `i` is paired with `i + 1 ... i + ⌊n/2⌋` modulo the number of bodies `n`, which is copies and slices only. With even `n` the
 * last of these meet twice: see {@link pairMultiplicities}.
 *
 * @param a along each axis in units of the box, `[sites, batch, bodies]`
 * @param b likewise, of other sites, or the same
 * @returns `[sites of a, ⌊n/2⌋ · sites of b, batch · bodies]`, in units of `box`
 */
export function periodicSquares(a: readonly Tensor[], b: readonly Tensor[], box: Box): Tensor {
  const [from, batch, bodies] = a[0].shape as [number, number, number];
  const to = b[0].shape[0];
  const shifts = Math.floor(bodies / 2);
  const squares = a.map((own, axis) => {
    const twice = tf.concat([b[axis], tf.slice(b[axis], [0, 0, 0], [to, batch, shifts])], 2);
    const others = Array.from({ length: shifts }, (_, shift) =>
      tf.slice(twice, [0, 0, shift + 1], [to, batch, bodies]),
    );
    const difference = tf.sub(
      tf.reshape(own, [from, 1, batch * bodies]),
      tf.reshape(tf.concat(others), [1, shifts * to, batch * bodies]),
    );
    return tf.square(tf.mul(tf.sub(difference, nearestWhole(difference)), box[axis]));
  });
  return tf.add(tf.add(squares[0], squares[1]), squares[2]);
}

/** How often each of the pairs counts, 1 or 1/2, `[⌊n/2⌋ · sites of b]`. */
export function pairMultiplicities(bodies: number, sites: number): number[] {
  const shifts = Math.floor(bodies / 2);
  return Array.from({ length: shifts * sites }, (_, k) => (2 * (Math.floor(k / sites) + 1) === bodies ? 0.5 : 1));
}

/** Positions moved by whole box lengths to `[0, 1)`. */
export function wrapped(position: Tensor): Tensor {
  return tf.sub(
    position,
    withoutGradient([position], (f) => tf.floor(f)),
  );
}

function nearestWhole(x: Tensor): Tensor {
  return withoutGradient([x], (f) => tf.floor(tf.add(f, 0.5)));
}
