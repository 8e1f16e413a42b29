import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { dot } from '../numerics/unit.js';
import { angleOf } from '../numerics/vectors3.js';
import { quaternionOf, rotate } from './quaternions.js';

/** Three atoms as a rigid body and its shape. */
export interface ThreePointBody {
  /** Position of the first atom and unit quaternion, `(x, y, z, w, i, j, k)`: `[..., 7]`. */
  readonly pose: Tensor;
  /** Distances of the second and third atom from the first, and the angle there in radians: `[..., 3]`. */
  readonly shape: Tensor;
  /** `log` of the volume of atoms over that of pose and shape, `[...]`. */
  readonly logVolume: Tensor;
}

/**
 * Three atoms, as of water, taken apart into where they are, how they are turned and what shape they have: nine numbers into
 * position, rotation, `r₀`, `r₁` and `α`. Turned back by the quaternion, the second atom is at `(0, 0, r₀)` from the first and the third at
 * `(r₁ sin α, 0, r₁ cos α)`. Volumes go as
 *
 * `d⁹x = 8 r₀² r₁² sin α dp dA(q) dr₀ dr₁ dα`, with `dA` the area of the sphere of quaternions.
 *
 * Of the two quaternions of a rotation it gives one; a density on the whole sphere, the same for `q` and `-q`, is half that of rotations. Models of
 * rigid molecules see poses alone, with all shapes the same; {@link placeAtoms} goes back.
 *
 * Source: Köhler, Invernizzi, de Haan, Noé, "Rigid body flows for sampling molecular crystal structures", 2023, appendix; the volume is our own.
 *
 * @param atoms `[..., 3, 3]`, no two in one place and not all in a line: no rotation is defined there, and the volume is zero
 */
export function threePointBody(atoms: Tensor): ThreePointBody {
  return tf.tidy(() => {
    const [first, second, third] = tf.unstack(atoms, -2);
    const [b0, b1] = [tf.sub(second, first), tf.sub(third, first)];
    const r0 = tf.sqrt(dot(b0, b0));
    const z = tf.div(b0, r0);
    const along = dot(b1, z);
    const across = tf.sub(b1, tf.mul(along, z));
    const height = tf.sqrt(dot(across, across));
    const x = tf.div(across, height);
    const quaternion = quaternionOf(columns(x, cross(z, x), z));
    const r1 = tf.sqrt(dot(b1, b1));
    const shape = tf.concat([r0, r1, angleOf(height, along)], -1);
    return { pose: tf.concat([first, quaternion], -1), shape, logVolume: logVolume(r0, r1, height) };
  });
}

/**
 * The inverse of {@link threePointBody}.
 *
 * @param pose `[..., 7]`
 * @param shape `[..., 3]`: `r₀`, `r₁` and `α`
 * @returns atoms `[..., 3, 3]`, and the log of their volume over that of pose and shape, `[...]`
 */
export function threePointAtoms(pose: Tensor, shape: Tensor): [atoms: Tensor, logVolume: Tensor] {
  return tf.tidy(() => {
    const [r0, r1, angle] = tf.split(shape, 3, -1);
    const [height, zero] = [tf.mul(r1, tf.sin(angle)), tf.zerosLike(r0)];
    const sites = tf.stack([tf.concat([zero, zero, zero], -1), tf.concat([zero, zero, r0], -1), tf.concat([height, zero, tf.mul(r1, tf.cos(angle))], -1)], -2); // prettier-ignore
    return [placeAtoms(pose, sites), logVolume(r0, r1, height)];
  });
}

/**
 * Atoms of rigid bodies: `x = p + R(q) s` for every site `s` of a body, in its own frame.
 *
 * @param pose position and quaternion of each body, `[..., 7]` or with auxiliary numbers after these
 * @param sites `[atoms, 3]` for bodies of one kind, or `[..., atoms, 3]`
 * @returns `[..., atoms, 3]`
 */
export function placeAtoms(pose: Tensor, sites: Tensor): Tensor {
  return tf.tidy(() => {
    const zeros = Array<number>(pose.rank - 1).fill(0);
    const part = (start: number, size: number) =>
      tf.expandDims(tf.slice(pose, [...zeros, start], [...pose.shape.slice(0, -1), size]), -2);
    return tf.add(part(0, 3), rotate(part(3, 4), sites));
  });
}

/** `log 8 r₀² r₁² sin α`, from `r₁ sin α`. */
function logVolume(r0: Tensor, r1: Tensor, height: Tensor): Tensor {
  const log = tf.add(tf.mul(tf.log(r0), 2), tf.log(tf.mul(r1, height)));
  return tf.squeeze(tf.add(log, Math.log(8)), [-1]);
}

/** `a × b` along the last axis. */
function cross(a: Tensor, b: Tensor): Tensor {
  const [x, y, z] = tf.split(a, 3, -1);
  const [u, v, w] = tf.split(b, 3, -1);
  const minor = (p: Tensor, s: Tensor, q: Tensor, r: Tensor) => tf.sub(tf.mul(p, s), tf.mul(q, r));
  return tf.concat([minor(y, w, z, v), minor(z, u, x, w), minor(x, v, y, u)], -1);
}

/** The matrix with these columns, row by row. */
function columns(a: Tensor, b: Tensor, c: Tensor): Tensor {
  const [[a0, a1, a2], [b0, b1, b2], [c0, c1, c2]] = [a, b, c].map((column) => tf.split(column, 3, -1));
  return tf.concat([a0, b0, c0, a1, b1, c1, a2, b2, c2], -1);
}
