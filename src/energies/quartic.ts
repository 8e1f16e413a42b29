import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { withSlope } from '../numerics/with-slope.js';
import type { RandomStream } from '../random.js';
import { checkConstants } from './checks.js';

/** Coefficients of a well. */
export interface QuarticOptions {
  /** Of `x`: tilts the well. */
  readonly a?: number;
  /** Of `x²`: negative for two minima. */
  readonly b?: number;
  /** Of `x⁴`, positive. */
  readonly c?: number;
}

type Coefficients = Required<QuarticOptions>;

/** @throws FlowConfigError for a coefficient that is not finite, or `c` that is not positive. */
export function checkQuartic(where: string, { a, b, c }: Coefficients): void {
  checkConstants(where, { a, b });
  checkConstants(where, { c }, 'positive');
}

/** `a x + b x² + c x⁴` of each entry. */
export function quarticOf(x: Tensor, { a, b, c }: Coefficients): Tensor {
  return withSlope(
    x,
    (v) => tf.mul(v, tf.add(a, tf.mul(v, tf.add(b, tf.mul(c, tf.square(v)))))),
    (v) => tf.add(a, tf.mul(v, tf.add(2 * b, tf.mul(4 * c, tf.square(v))))),
  );
}

/** Densities below this fraction of the highest, as a power of e, are left out: 10⁻¹⁷. */
const CUT = 40;

/** Cells of the table of a density. */
const CELLS = 2048;

/** The density `exp(-(a x + b x² + c x⁴)) / Z` on the line, in double precision. */
export class Quartic {
  /** Ends of where the density is more than `exp(-CUT)` of its peak. */
  readonly #ends: readonly [number, number];
  readonly #lowest: number;
  readonly #coefficients: Coefficients;

  constructor({ a, b, c }: Coefficients) {
    this.#coefficients = { a, b, c };
    const reach = 1 + Math.abs(b / c) + Math.abs(a / c);
    // All stationary points, 4 c x³ + 2 b x + a = 0, lie within the reach.
    const grid = Array.from({ length: 20_001 }, (_, i) => reach * (i / 10_000 - 1));
    this.#lowest = Math.min(...grid.map((x) => this.energy(x)));
    const outer = (sign: 1 | -1) => {
      let x = reach;
      while (this.energy(sign * x) - this.#lowest < CUT) x *= 1.1;
      while (this.energy(sign * x * 0.99) - this.#lowest > CUT) x *= 0.99;
      return sign * x;
    };
    this.#ends = [outer(-1), outer(1)];
  }

  energy(x: number): number {
    const { a, b, c } = this.#coefficients;
    return x * (a + x * (b + c * x * x));
  }

  /** `log Z`. The trapezoidal rule converges exponentially for a smooth function that ends on both sides. */
  get logPartition(): number {
    const [low, high] = this.#ends;
    const step = (high - low) / CELLS;
    let sum = 0;
    for (let i = 0; i <= CELLS; i++) sum += Math.exp(this.#lowest - this.energy(low + i * step));
    return Math.log(sum * step) - this.#lowest;
  }

  /** Independent draws, by rejection from a staircase above the density. */
  sample(n: number, stream: RandomStream): Float32Array {
    const [low, high] = this.#ends;
    const step = (high - low) / CELLS;
    const tops = Array.from({ length: CELLS }, (_, i) => this.#highestIn(low + i * step, low + (i + 1) * step));
    const sums: number[] = [];
    tops.forEach((top, i) => sums.push((sums[i - 1] ?? 0) + top));
    const draws = new Float32Array(n);
    for (let i = 0; i < n; i++) draws[i] = this.#draw(stream, low, step, tops, sums);
    return draws;
  }

  #draw(stream: RandomStream, low: number, step: number, tops: readonly number[], sums: readonly number[]): number {
    for (;;) {
      const target = stream.next() * sums[CELLS - 1];
      let [first, last] = [0, CELLS - 1];
      while (first < last) {
        const middle = (first + last) >> 1;
        if (sums[middle] > target) last = middle;
        else first = middle + 1;
      }
      const x = low + (first + stream.next()) * step;
      if (stream.next() * tops[first] < Math.exp(this.#lowest - this.energy(x))) return x;
    }
  }

  /** A bound on the density in a cell: a function is below its chord by no more than curvature times width² / 8. */
  #highestIn(from: number, to: number): number {
    const { b, c } = this.#coefficients;
    const far = Math.max(Math.abs(from), Math.abs(to));
    const curvature = Math.abs(2 * b) + 12 * c * far * far;
    return Math.exp(this.#lowest - Math.min(this.energy(from), this.energy(to)) + (curvature * (to - from) ** 2) / 8);
  }
}
