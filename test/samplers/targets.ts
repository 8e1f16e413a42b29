import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { RandomStream, type EnergyLike } from '../../src/index.js';

/** `u = a x² + b x + c x⁴ + y² / 2`: a slanted double well and a harmonic coordinate, with all there is to know of it. */
export class Wells implements EnergyLike {
  readonly eventShape = [2];
  readonly #depth: number;
  readonly #grid: Float64Array;
  readonly #cumulative: Float64Array;
  /** `∫ exp(-u)` of the first coordinate. */
  readonly #total: number;

  /** @param depth the barrier is about `depth² / 4` high */
  constructor(depth = 2) {
    this.#depth = depth;
    const [low, high, cells] = [-4, 4, 8000];
    const step = (high - low) / cells;
    this.#grid = Float64Array.from({ length: cells }, (_, i) => low + (i + 0.5) * step);
    let sum = 0;
    this.#cumulative = this.#grid.map((x) => (sum += step * Math.exp(-this.well(x))));
    this.#total = sum;
  }

  well(x: number): number {
    return x ** 4 - this.#depth * x * x - 0.3 * x;
  }

  energy(x: Tensor): Tensor {
    return tf.tidy(() => {
      const [first, second] = tf.split(x, 2, 1);
      const square = tf.square(first);
      const well = tf.sub(tf.sub(tf.square(square), tf.mul(this.#depth, square)), tf.mul(0.3, first));
      return tf.squeeze(tf.add(well, tf.mul(0.5, tf.square(second))), [1]);
    });
  }

  get logPartition(): number {
    return Math.log(this.#total) + 0.5 * Math.log(2 * Math.PI);
  }

  /** Mean of a function of the first coordinate. */
  mean(f: (x: number) => number): number {
    const sum = this.#grid.reduce((total, x, i) => {
      return total + f(x) * (this.#cumulative[i] - (i > 0 ? this.#cumulative[i - 1] : 0));
    }, 0);
    return sum / this.#total;
  }

  /** Independent draws, `[n, 2]`. */
  sample(n: number, seed: string): Tensor {
    const stream = new RandomStream(seed);
    const rows = Array.from({ length: n }, () => {
      const u = stream.next() * this.#total;
      let [low, high] = [0, this.#grid.length - 1];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (this.#cumulative[middle] < u) low = middle + 1;
        else high = middle;
      }
      return [this.#grid[low] + (stream.next() - 0.5) * 0.001, stream.nextNormal()];
    });
    return tf.tensor2d(rows);
  }
}

/** `Σ x² / 2 s²`, whose partition function is `Π s √2π`. */
export function gaussian(scales: readonly number[]): EnergyLike & { readonly logPartition: number } {
  return {
    eventShape: [scales.length],
    logPartition: scales.reduce((sum, s) => sum + Math.log(s * Math.sqrt(2 * Math.PI)), 0),
    energy: (x) => tf.tidy(() => tf.mul(0.5, tf.sum(tf.square(tf.div(x, [scales as number[]])), 1))),
  };
}

/** Distance of the mean of independent numbers from what it should be, in standard errors. */
export function zScore(values: ArrayLike<number>, expected: number): number {
  const list = Array.from(values);
  const mean = list.reduce((sum, value) => sum + value, 0) / list.length;
  const variance = list.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (list.length - 1);
  return (mean - expected) / Math.sqrt(variance / list.length);
}
