import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { takeAlong } from '../../kernels/columns/op.js';
import { clamp } from '../../kernels/clamp/op.js';
import {
  addVectors,
  angleOf,
  cross,
  dot,
  lengths,
  scaleVectors,
  torsionOf,
  unitVectors,
  type Vectors,
} from '../../numerics/vectors3.js';
import { planPlacement, type PlacementPlan, type ZMatrixRow } from './z-matrix.js';

/** Bonds in nm, angles in `[0, π]` and torsions in `(-π, π]` of rows, `[batch, rows]` each. */
export interface Internals {
  readonly bonds: Tensor;
  readonly angles: Tensor;
  readonly torsions: Tensor;
}

/** Bonds and sines of angles below this count as this much: volumes stay positive. */
const LEAST = 1e-7;

/**
 * Places atoms by rows of a Z-matrix, and measures rows. A level of rows is one product with a constant matrix, which takes the
 * differences it needs, and some vector arithmetic on all its atoms at once: a gather whose gradient is a product as well.
 *
 * `e = unit(c - b)`, `n = unit(e × (d - c))`, `m = n × e`; `a = b + r (cos θ · e + sin θ (cos t · m - sin t · n))`, of which
 * `|det ∂a/∂(r, θ, t)| = r² sin θ`. The torsion is that of the chain a-b-c-d by the IUPAC rule. Each row depends on those before it
 * only, so that the determinant of all is the product.
 *
 * Sources: Parsons et al., "Practical conversion from torsion space to Cartesian space", 2005; the determinant is that of
 * spherical coordinates about `b`.
 */
export class RowPlacement {
  readonly plan: PlacementPlan;
  /** Of each level: where `b`, `c - b` and `d - c` come from, `[placed so far, 3 rows]`. */
  readonly #parents: readonly Tensor[];
  /** `b - a`, `c - b` and `d - c` of all rows, `[atoms, 3 rows]`; null where there are no rows. */
  readonly #differences: Tensor | null;
  /** Where each atom stands among those placed. */
  readonly #order: readonly number[];

  /**
   * @param given atoms that have their places already
   * @param keep makes a tensor the owner's
   * @throws FlowConfigError for rows by which atoms cannot be placed
   */
  constructor(
    where: string,
    given: readonly number[],
    readonly rows: readonly ZMatrixRow[],
    keep: (name: string, matrix: Tensor) => Tensor,
  ) {
    this.plan = planPlacement(where, given, rows);
    const { levels, placed } = this.plan;
    let known = given.length;
    this.#parents = levels.map((level, l) => {
      const place = (atom: number) => placed.indexOf(atom);
      const matrix = combinations(known, [
        level.map((i) => [[place(rows[i][1]), 1]]),
        level.map((i) => [[place(rows[i][2]), 1], [place(rows[i][1]), -1]]), // prettier-ignore
        level.map((i) => [[place(rows[i][3]), 1], [place(rows[i][2]), -1]]), // prettier-ignore
      ]);
      known += level.length;
      return keep(`parents.${l}`, matrix);
    });
    const steps = [0, 1, 2].map((k) => rows.map((row) => [[row[k + 1], 1], [row[k], -1]] as Combination)); // prettier-ignore
    this.#differences = rows.length > 0 ? keep('differences', combinations(placed.length, steps)) : null;
    this.#order = placed.map((_, atom) => placed.indexOf(atom));
  }

  /**
   * All atoms, in their own order, `[atoms]` the last axis of each component.
   *
   * @param given components of those that have their places, `[batch, given]` each
   */
  place(given: Vectors, { bonds, angles, torsions }: Internals): Vectors {
    const [batch] = given[0].shape;
    let columns: Tensor = tf.concat([...given], 0);
    this.plan.levels.forEach((level, l) => {
      const own = (values: Tensor) => takeAlong(values, level, 1);
      const all = tf.matMul(columns, this.#parents[l]);
      const [b, toC, toD] = [0, 1, 2].map((k) => part(all, batch, k * level.length, level.length));
      const e = unitVectors(toC);
      const n = unitVectors(cross(e, toD));
      const m = cross(n, e);
      const [r, angle, torsion] = [own(bonds), own(angles), own(torsions)];
      const across = tf.mul(r, tf.sin(angle));
      const alongE = scaleVectors(e, tf.mul(r, tf.cos(angle)));
      const alongM = scaleVectors(m, tf.mul(across, tf.cos(torsion)));
      const alongN = scaleVectors(n, tf.neg(tf.mul(across, tf.sin(torsion))));
      const atoms = addVectors(addVectors(b, alongE), addVectors(alongM, alongN));
      columns = tf.concat([columns, tf.concat([...atoms], 0)], 1);
    });
    return part(takeAlong(columns, this.#order, 1), batch, 0, this.#order.length);
  }

  /** What the rows measure, of all atoms in their own order; null where there are no rows. */
  measure(atoms: Vectors): Internals | null {
    if (!this.#differences) return null;
    const [batch] = atoms[0].shape;
    const count = this.rows.length;
    const all = tf.matMul(tf.concat([...atoms], 0), this.#differences);
    const [b1, b2, b3] = [0, 1, 2].map((k) => part(all, batch, k * count, count));
    return { bonds: lengths(b1), angles: turnBetween(b1, b2), torsions: torsionOf(b1, b2, b3) };
  }
}

/** Angle at the middle of a chain of two bonds, each from one atom to the next. */
export function turnBetween(b1: Vectors, b2: Vectors): Tensor {
  return angleOf(lengths(cross(b1, b2)), tf.neg(dot(b1, b2)));
}

/** `Σ 2 log r + log sin θ`, `[batch]`. */
export function logVolume(bonds: Tensor, angles: Tensor): Tensor {
  const radial = tf.mul(2, tf.sum(logOf(bonds), 1));
  return tf.add(radial, tf.sum(logOf(tf.sin(angles)), 1));
}

/** `log x` of what should be positive. */
export function logOf(x: Tensor): Tensor {
  return tf.log(clamp(x, LEAST, 3e38));
}

/** Points and the factors with which they enter. */
type Combination = readonly (readonly [point: number, factor: number])[];

/** The matrix that takes linear combinations of points, `[points, combinations]`. */
function combinations(points: number, groups: readonly (readonly Combination[])[]): Tensor {
  const all = groups.flat();
  const values = new Float32Array(points * all.length);
  all.forEach((combination, column) => {
    for (const [point, factor] of combination) values[point * all.length + column] += factor;
  });
  return tf.tensor(values, [points, all.length]);
}

/** Columns of three stacked components as vectors. */
function part(columns: Tensor, batch: number, from: number, count: number): Vectors {
  const component = (axis: number) => tf.slice(columns, [axis * batch, from], [batch, count]);
  return [component(0), component(1), component(2)];
}
