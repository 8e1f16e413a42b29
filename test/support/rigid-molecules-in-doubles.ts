import type { RigidMoleculesOptions } from '../../src/index.js';

type Vector = readonly number[];

/** A charge or a Lennard-Jones centre, where it is. */
export interface Point {
  readonly body: number;
  readonly at: Vector;
  readonly charge: number;
  readonly sigma: number;
  readonly epsilon: number;
}

const COULOMB = 138.935456;

/** Sites of all bodies, of poses `(x, y, z, w, x, y, z)` one after the other; quaternions of any length, by their products. */
export function pointsOf({ sites }: Pick<RigidMoleculesOptions, 'sites'>, poses: readonly number[]): Point[] {
  return Array.from({ length: poses.length / 7 }, (_, body) => {
    const [x, y, z, w, ...v] = poses.slice(7 * body, 7 * body + 7);
    const square = w * w + v[0] ** 2 + v[1] ** 2 + v[2] ** 2;
    return sites.map(({ position, charge = 0, sigma = 0, epsilon = 0 }) => {
      // p + 2 (w v × p + v × (v × p)) / |q|²
      const once = cross(v, position);
      const twice = cross(v, once);
      const at = [x, y, z].map((origin, d) => origin + position[d] + (2 * (w * once[d] + twice[d])) / square);
      return { body, at, charge, sigma, epsilon };
    });
  }).flat();
}

function cross(a: Vector, b: Vector): number[] {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

/** Ewald's sum as it stands in textbooks: pairs, a complex exponential for each charge and vector, selves, and bodies. */
export function coulombByEwald(points: readonly Point[], box: Vector, alpha: number, images = 1): number {
  let sum = 0;
  const volume = box[0] * box[1] * box[2];
  for (const [i, a] of points.entries()) {
    for (const [j, b] of points.entries()) {
      const product = (COULOMB * a.charge * b.charge) / 2;
      for (let h = -images; h <= images; h++) {
        for (let k = -images; k <= images; k++) {
          for (let l = -images; l <= images; l++) {
            const shift = [h * box[0], k * box[1], l * box[2]];
            const r = Math.hypot(...a.at.map((value, d) => value - b.at[d] + shift[d]));
            const home = h === 0 && k === 0 && l === 0;
            if (i === j && home) sum -= (2 * product * alpha) / Math.sqrt(Math.PI);
            else sum += (product * (erfc(alpha * r) - (home && a.body === b.body ? 1 : 0))) / r;
          }
        }
      }
    }
  }
  const limits = box.map((length) => Math.ceil((alpha * length * 5.5) / Math.PI));
  for (let h = -limits[0]; h <= limits[0]; h++) {
    for (let k = -limits[1]; k <= limits[1]; k++) {
      for (let l = -limits[2]; l <= limits[2]; l++) {
        if (h === 0 && k === 0 && l === 0) continue;
        const wave = [h, k, l].map((n, d) => (2 * Math.PI * n) / box[d]);
        const square = wave.reduce((total, value) => total + value * value, 0);
        if (square > (11 * alpha) ** 2) continue;
        let [real, imaginary] = [0, 0];
        for (const { at, charge } of points) {
          const phase = wave[0] * at[0] + wave[1] * at[1] + wave[2] * at[2];
          real += charge * Math.cos(phase);
          imaginary += charge * Math.sin(phase);
        }
        const factor = ((2 * Math.PI * COULOMB) / volume) * (Math.exp(-square / (4 * alpha * alpha)) / square);
        sum += factor * (real * real + imaginary * imaginary);
      }
    }
  }
  return sum;
}

/** `Σ S(r) 4ε ((σ/r)¹² - (σ/r)⁶)` over sites of different bodies, nearest images. */
export function lennardJonesInDoubles(points: readonly Point[], box: Vector, from: number, cutoff: number): number {
  let sum = 0;
  for (const [i, a] of points.entries()) {
    for (const b of points.slice(0, i)) {
      if (a.body === b.body) continue;
      const difference = a.at.map((value, d) => value - b.at[d]).map((v, d) => v - box[d] * Math.round(v / box[d]));
      const r = Math.hypot(...difference);
      const sixth = ((a.sigma + b.sigma) / 2 / r) ** 6;
      const t = Math.min(1, Math.max(0, (r - from) / (cutoff - from)));
      const fade = 1 - 10 * t ** 3 + 15 * t ** 4 - 6 * t ** 5;
      sum += fade * 4 * Math.sqrt(a.epsilon * b.epsilon) * (sixth * sixth - sixth);
    }
  }
  return sum;
}

/** `1 - erf(x)`, by a continued fraction for large `x` and the series of `erf` for small. */
export function erfc(x: number): number {
  if (x > 2.5) {
    let fraction = 0;
    for (let n = 60; n > 0; n--) fraction = n / 2 / (x + fraction);
    return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
  }
  let [power, sum] = [x, x];
  for (let n = 1; Math.abs(power / (2 * n + 1)) > 1e-18; n++) sum += (power *= (-x * x) / n) / (2 * n + 1);
  return 1 - (2 / Math.sqrt(Math.PI)) * sum;
}
