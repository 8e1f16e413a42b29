import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError, FlowShapeError } from '../errors.js';
import { formatShape } from '../shapes.js';

/** A centre and three of its neighbours, such that `(r_i - r_c) × (r_j - r_c) · (r_k - r_c)` is positive in the form wanted. */
export type ChiralCentre = readonly [centre: number, i: number, j: number, k: number];

/**
 * Signed volumes `(r_i - r_c) × (r_j - r_c) · (r_k - r_c)` in nm³, `[...batch, centres]`. The mirror image of a molecule has the negative of each;
 * for a tetrahedral carbon with bonds of 0.15 nm they are about 0.0025.
 *
 * @param x `[...batch, atoms, 3]`
 * @throws FlowShapeError for positions of another shape.
 * @throws FlowConfigError for no centres, or centres of other than four different atoms.
 */
export function signedVolumes(x: Tensor, centres: readonly ChiralCentre[]): Tensor {
  const { rank, shape } = x;
  if (rank < 2 || shape.at(-1) !== 3) {
    throw new FlowShapeError('signedVolumes', {
      expected: 'positions of shape [...batch, atoms, 3]',
      got: formatShape(shape),
    });
  }
  checkCentres(centres, shape.at(-2)!);
  return tf.tidy(() => {
    const atoms = tf.split(x, shape.at(-2)!, rank - 2);
    const each = centres.map(([c, i, j, k]) => {
      const [a, b, d] = [i, j, k].map((atom) => tf.sub(atoms[atom], atoms[c]));
      const [[ax, ay, az], [bx, by, bz], [dx, dy, dz]] = [a, b, d].map((v) => tf.split(v, 3, rank - 1));
      const minor = (p: Tensor, q: Tensor, r: Tensor, s: Tensor) => tf.sub(tf.mul(p, s), tf.mul(q, r));
      const volume = tf.addN([
        tf.mul(minor(ay, az, by, bz), dx),
        tf.mul(minor(az, ax, bz, bx), dy),
        tf.mul(minor(ax, ay, bx, by), dz),
      ]);
      return tf.reshape(volume, [...shape.slice(0, -2), 1]);
    });
    return tf.concat(each, rank - 2);
  });
}

/**
 * Which rows have any centre in the form that is not wanted, D for amino acids; a row that is not a number counts as such.
 * Force fields do not tell the forms apart, and flows on internal coordinates can generate both.
 *
 * @param x `[batch, atoms, 3]`
 * @throws FlowShapeError, FlowConfigError as {@link signedVolumes}.
 *
 * @example
 * const wrong = hasWrongChirality(flow.sample(1000), [AlanineDipeptide.chiralCentre]);
 */
export function hasWrongChirality(x: Tensor, centres: readonly ChiralCentre[]): boolean[] {
  const least = tf.tidy(() => tf.min(signedVolumes(x, centres), -1).dataSync());
  return Array.from(least, (volume) => !(volume > 0));
}

/**
 * The rows of which all centres have the form wanted, as a new tensor.
 *
 * @param x `[batch, atoms, 3]`
 * @throws FlowShapeError, FlowConfigError as {@link signedVolumes}.
 */
export function withRightChirality(x: Tensor, centres: readonly ChiralCentre[]): Tensor {
  const right = hasWrongChirality(x, centres).flatMap((wrong, row) => (wrong ? [] : [row]));
  return tf.tidy(() => tf.gather(x, tf.tensor1d(right, 'int32')));
}

/** @throws FlowConfigError for no centres, or centres of other than four different atoms. */
export function checkCentres(centres: readonly ChiralCentre[], atoms: number): void {
  const known = (atom: number) => Number.isInteger(atom) && atom >= 0 && atom < atoms;
  const bad = centres.find((four) => four.length !== 4 || !four.every(known) || new Set(four).size < 4);
  if (centres.length > 0 && !bad) return;
  throw new FlowConfigError('signedVolumes.centres', {
    expected: `centres of four different atoms below ${atoms}`,
    got: bad ? `[${bad.join(', ')}]` : 'none',
  });
}
