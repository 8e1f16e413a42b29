import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { cross, dot, lengths, type Vectors } from '../numerics/vectors3.js';

/** Four atoms, then multiplicity, phase in radians and constant: `k (1 + cos(n φ - δ))`. */
export type TorsionTerm = readonly [
  i: number,
  j: number,
  k: number,
  l: number,
  n: number,
  phase: number,
  constant: number,
];

/** The terms of all torsions as one Fourier series for each four atoms. */
export interface TorsionSeries {
  /** The four atoms of each torsion. */
  readonly atoms: readonly (readonly number[])[];
  /** Factors of `cos n φ` and `sin n φ`, `[n][torsion]`, from `n = 1`; null for a row of zeros. */
  readonly cosines: readonly (readonly number[] | null)[];
  readonly sines: readonly (readonly number[] | null)[];
  /** The sum of all constants. */
  readonly offset: number;
}

/** Puts terms that act on the same four atoms together; each of them is measured once. */
export function torsionSeries(terms: readonly TorsionTerm[]): TorsionSeries {
  const names = [...new Set(terms.map((term) => term.slice(0, 4).join()))];
  const highest = Math.max(0, ...terms.map(([, , , , n]) => n));
  const table = () => Array.from({ length: highest }, () => Array<number>(names.length).fill(0));
  const [cosines, sines] = [table(), table()];
  for (const term of terms) {
    const [, , , , n, phase, constant] = term;
    const at = names.indexOf(term.slice(0, 4).join());
    cosines[n - 1][at] += constant * Math.cos(phase);
    sines[n - 1][at] += constant * Math.sin(phase);
  }
  const largest = Math.max(0, ...terms.map(([, , , , , , constant]) => Math.abs(constant)));
  const used = (rows: number[][]) => rows.map((row) => (row.some((v) => Math.abs(v) > 1e-9 * largest) ? row : null));
  return {
    atoms: names.map((name) => name.split(',').map(Number)),
    cosines: used(cosines),
    sines: used(sines),
    offset: terms.reduce((sum, [, , , , , , constant]) => sum + constant, 0),
  };
}

/** Added to squares under a root: nothing beside those of torsions of atoms that are not in a line. */
const TINY = 1e-20;

/**
 * `Σ aₙ cos n φ + bₙ sin n φ` over torsions, `[rows]`, without the angle: multiples come from `cos φ` and `sin φ` by
 * `cos n φ = 2 cos φ cos (n-1) φ - cos (n-2) φ`. It has all derivatives, at planar torsions too.
 *
 * @param b1 the three bonds of each torsion, `[rows, torsions]`
 * @param cosines rows of factors, `[1, torsions]` each
 */
export function sumTorsionSeries(
  [b1, b2, b3]: readonly [Vectors, Vectors, Vectors],
  cosines: readonly (Tensor | null)[],
  sines: readonly (Tensor | null)[],
): Tensor {
  const [n1, n2] = [cross(b1, b2), cross(b2, b3)];
  const [alongCosine, alongSine] = [dot(n1, n2), tf.mul(dot(b1, n2), lengths(b2))];
  const scale = tf.reciprocal(tf.sqrt(tf.add(tf.add(tf.square(alongCosine), tf.square(alongSine)), TINY)));
  const [cosine, sine] = [tf.mul(alongCosine, scale), tf.mul(alongSine, scale)];
  const twice = tf.mul(2, cosine);
  const needsSines = sines.some((row) => row !== null);
  const parts: Tensor[] = [];
  let [before, now]: [Tensor, Tensor] = [tf.onesLike(cosine), cosine];
  let [sineBefore, sineNow]: [Tensor, Tensor] = [tf.zerosLike(sine), sine];
  cosines.forEach((factors, k) => {
    if (k > 0) {
      [before, now] = [now, tf.sub(tf.mul(twice, now), before)];
      if (needsSines) [sineBefore, sineNow] = [sineNow, tf.sub(tf.mul(twice, sineNow), sineBefore)];
    }
    if (factors) parts.push(tf.mul(now, factors));
    if (sines[k]) parts.push(tf.mul(sineNow, sines[k]));
  });
  return tf.sum(tf.addN(parts), 1);
}
