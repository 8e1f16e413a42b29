import type { Box } from '../conditioners/bodies/body-view.js';

/** `1 / 4πε₀` in kJ nm/mol/e². */
export const COULOMB = 138.935456;

/** A point fixed in a body, and its charge in elementary charges. */
export interface ChargedPoint {
  readonly position: readonly [number, number, number];
  readonly charge: number;
}

/**
 * The splitting parameter `α` in 1/nm at which what is left of a pair at the cutoff, `erfc(α r)`, is about the tolerance:
 * `α = √(-log 2δ) / r_c`, by `erfc(x) < e^(-x²)`.
 */
export function splittingParameter(cutoff: number, tolerance: number): number {
  return Math.sqrt(-Math.log(2 * tolerance)) / cutoff;
}

/**
 * Largest whole number of periods in each length of the box that the reciprocal sum goes up to, where `e^(-k²/4α²)` is a tenth of
 * the tolerance: more terms are about to be left out here than pairs at the cutoff.
 */
export function reciprocalLimits(box: Box, alpha: number, tolerance: number): readonly number[] {
  const reach = (alpha * Math.sqrt(-Math.log(tolerance / 10))) / Math.PI;
  return box.map((length) => Math.ceil(reach * length));
}

/**
 * `2π/V e^(-k²/4α²) / k²` in kJ/mol/e², times the number of vectors `(±n_x, ±n_y, ±n_z)`, zero for `n = 0`: what a square of a
 * structure factor is multiplied by, over `0 ≤ n_d ≤ limits_d`.
 */
export function reciprocalWeight(n: readonly number[], box: Box, alpha: number): number {
  const square = n.reduce((sum, count, d) => sum + ((2 * Math.PI * count) / box[d]) ** 2, 0);
  if (square === 0) return 0;
  const volume = box[0] * box[1] * box[2];
  const signs = 2 ** n.filter((count) => count > 0).length;
  return ((signs * 2 * Math.PI * COULOMB) / volume) * (Math.exp(-square / (4 * alpha * alpha)) / square);
}

/**
 * What the reciprocal sum has too much of for each rigid body, in kJ/mol: every charge with itself, `-α/√π Σ q²`, and charges of
 * the same body with each other, `-Σ q q' erf(α r)/r`. Neither depends on where the body is.
 */
export function bodySelfEnergy(points: readonly ChargedPoint[], alpha: number): number {
  let sum = 0;
  points.forEach(({ position, charge }, i) => {
    sum -= (alpha / Math.sqrt(Math.PI)) * charge * charge;
    for (const other of points.slice(i + 1)) {
      const r = Math.hypot(...position.map((value, d) => value - other.position[d]));
      sum -= charge * other.charge * (r === 0 ? (2 * alpha) / Math.sqrt(Math.PI) : erf(alpha * r) / r);
    }
  });
  return COULOMB * sum;
}

/** `-π/2α²V (Σ q)²` in kJ/mol, the energy of the even background that a box with a net charge is neutralised by. */
export function backgroundEnergy(charge: number, box: Box, alpha: number): number {
  return (-COULOMB * Math.PI * charge * charge) / (2 * alpha * alpha * box[0] * box[1] * box[2]);
}

/** The error function to full precision, by `2/√π e^(-x²) Σ 2ⁿ x^(2n+1) / (2n+1)!!`, all of whose terms are positive. */
export function erf(x: number): number {
  if (x > 6) return 1;
  let [term, sum] = [x, x];
  for (let n = 1; term > 1e-17 * sum; n++) sum += term *= (2 * x * x) / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}
