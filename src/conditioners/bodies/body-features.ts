import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { rotationMatrix } from '../../rotations/quaternions.js';
import { POSE, type Box, type BodyView } from './body-view.js';

/** Entries of {@link positionFeatures} of one body. */
export function positionWidth({ box }: Pick<BodyView, 'box'>): number {
  return box ? 6 : 3;
}

/** Entries of {@link poseFeatures} of one body. */
export function poseWidth({ auxiliaries }: BodyView): number {
  return 9 + auxiliaries;
}

/** Cosines and sines of positions in a periodic box, `[batch, bodies, 6]`; in free space positions themselves, of width 3. */
export function positionFeatures(x: Tensor, box: Box | null): Tensor {
  const positions = tf.slice(x, [0, 0, 0], [-1, -1, 3]);
  if (!box) return positions;
  const angles = tf.mul(positions, box.map((length) => (2 * Math.PI) / length)); // prettier-ignore
  return tf.concat([tf.cos(angles), tf.sin(angles)], 2);
}

/**
 * What can be seen of a body wherever it is: the entries of its rotation matrix, which are the same for `q` and `-q`, and
 * its auxiliary numbers, `[batch, bodies, 9 + auxiliaries]`.
 */
export function poseFeatures(x: Tensor): Tensor {
  const matrix = rotationMatrix(tf.slice(x, [0, 0, 3], [-1, -1, 4]));
  return x.shape[2] === POSE ? matrix : tf.concat([matrix, tf.slice(x, [0, 0, POSE], [-1, -1, -1])], 2);
}

/** 1 where a feature of {@link poseFeatures} is seen, row by row. */
export function poseMask({ rotations, auxiliary, auxiliaries }: BodyView): number[] {
  return rotations.flatMap((seen, i) => [
    ...Array<number>(9).fill(Number(seen)),
    ...Array<number>(auxiliaries).fill(Number(auxiliary[i])),
  ]);
}
