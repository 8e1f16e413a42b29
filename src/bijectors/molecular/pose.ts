import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { takeAlong } from '../../kernels/columns/op.js';
import { addVectors, angleOf, dot, scaleVectors, subtractVectors, type Vectors } from '../../numerics/vectors3.js';
import { logOf } from './row-placement.js';

/**
 * Whether coordinates say where a molecule is and how it is turned: `removed` leaves that out, `kept` puts six numbers before the
 * others.
 */
export type MolecularPlacement = 'removed' | 'kept';

/** Numbers of a pose. */
export const POSE_SIZE = 6;

/** Added under roots, so that molecules along the axis have gradients. */
const TINY = 1e-14;

/**
 * Puts molecules that stand in their own frame - first atom at the origin, second along x, third in the half-plane of positive y - where a
 * pose says: position of the first atom, polar angle `p` and azimuth of the direction to the second, and the turn about it by which
 * the third is reached. `log |det| = log sin p`, beside the frame's own volume.
 *
 * @param pose `[batch, 6]`
 */
export function applyPose(own: Vectors, pose: Tensor): { atoms: Vectors; logDet: Tensor } {
  const column = (i: number) => tf.slice(pose, [0, i], [-1, 1]);
  const [polar, azimuth, turn] = [column(3), column(4), column(5)];
  const [along, south, east] = directions(polar, azimuth);
  const [c, s] = [tf.cos(turn), tf.sin(turn)];
  const second = addVectors(scaleVectors(south, c), scaleVectors(east, s));
  const third = subtractVectors(scaleVectors(east, c), scaleVectors(south, s));
  const [x, y, z] = own;
  const atoms = [0, 1, 2].map((axis) =>
    tf.add(column(axis), tf.add(tf.mul(along[axis], x), tf.add(tf.mul(second[axis], y), tf.mul(third[axis], z)))),
  ) as unknown as Vectors;
  return { atoms, logDet: tf.reshape(logOf(tf.sin(polar)), [-1]) };
}

/**
 * The pose of molecules, `[batch, 6]`, and its `log |det|` as in {@link applyPose}.
 *
 * @param seed first, second and third atom
 */
export function poseOf(atoms: Vectors, seed: readonly number[]): { pose: Tensor; logDet: Tensor } {
  const [first, second, third] = seed.map((atom) => atomOf(atoms, atom));
  const [x, y, z] = subtractVectors(second, first);
  const polar = angleOf(tf.sqrt(tf.add(tf.add(tf.square(x), tf.square(y)), TINY)), z);
  const azimuth = angleOf(y, x);
  const [, south, east] = directions(polar, azimuth);
  const arm = subtractVectors(third, first);
  const turn = angleOf(dot(arm, east), dot(arm, south));
  return {
    pose: tf.concat([...first, polar, azimuth, turn], 1),
    logDet: tf.reshape(logOf(tf.sin(polar)), [-1]),
  };
}

/** One atom, `[batch, 1]` each component. */
export function atomOf(atoms: Vectors, atom: number): Vectors {
  return atoms.map((component) => takeAlong(component, [atom], 1)) as unknown as Vectors;
}

/** Components `[batch, atoms]` of `[batch, atoms, 3]`. */
export function componentsOf(x: Tensor): Vectors {
  const [batch, atoms] = x.shape;
  const columns = tf.transpose(x, [2, 0, 1]);
  const component = (axis: number) => tf.reshape(tf.slice(columns, [axis, 0, 0], [1, batch, atoms]), [batch, atoms]);
  return [component(0), component(1), component(2)];
}

/** `[batch, atoms, 3]` of components. */
export function stackComponents(atoms: Vectors): Tensor {
  return tf.stack([...atoms], 2);
}

/** The direction of polar angle and azimuth, and those in which each of them grows. */
function directions(polar: Tensor, azimuth: Tensor): readonly [Vectors, Vectors, Vectors] {
  const [cp, sp, ca, sa] = [tf.cos(polar), tf.sin(polar), tf.cos(azimuth), tf.sin(azimuth)];
  return [
    [tf.mul(sp, ca), tf.mul(sp, sa), cp],
    [tf.mul(cp, ca), tf.mul(cp, sa), tf.neg(sp)],
    [tf.neg(sa), ca, tf.zerosLike(sa)],
  ];
}
