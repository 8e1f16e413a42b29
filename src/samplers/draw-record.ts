import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Bijector } from '../bijectors/bijector.js';
import type { Shape } from '../shapes.js';
import type { Chains } from './chains.js';

/** Rows that are mapped at a time. */
const CHUNK = 4096;

/** Mean of numbers, of which those that are NaN do not count. */
class RunningMean {
  readonly #sums: Float64Array;
  readonly #counts: Float64Array;

  constructor(length: number) {
    this.#sums = new Float64Array(length);
    this.#counts = new Float64Array(length);
  }

  add(values: Float64Array): void {
    values.forEach((value, i) => {
      if (Number.isNaN(value)) return;
      this.#sums[i] += value;
      this.#counts[i]++;
    });
  }

  get mean(): Float64Array {
    return this.#sums.map((sum, i) => sum / this.#counts[i]);
  }
}

/** Draws and statistics of a run. */
export class DrawRecord {
  readonly #rows: number;
  readonly #size: number;
  readonly #positions: Float32Array[] = [];
  readonly #energies: Float64Array[] = [];
  readonly #means = new Map<string, RunningMean>();

  /** @param rows chains whose draws are kept: the first of all */
  constructor(rows: number, size: number) {
    this.#rows = rows;
    this.#size = size;
  }

  add({ x, energy }: Chains): void {
    this.#positions.push(Float32Array.from(x.subarray(0, this.#rows * this.#size)));
    this.#energies.push(energy.slice(0, this.#rows));
  }

  count(acceptance: Float64Array, statistics: Readonly<Record<string, Float64Array>>): void {
    for (const [name, values] of Object.entries({ ...statistics, '': acceptance })) {
      let mean = this.#means.get(name);
      if (!mean) this.#means.set(name, (mean = new RunningMean(values.length)));
      mean.add(values);
    }
  }

  /** `[draws, chains, ...event]`, of events that are mapped where there is a map. */
  samples(eventShape: Shape, through: Bijector | null): Tensor {
    const [draws, width] = [this.#positions.length, this.#rows * this.#size];
    const all = new Float32Array(draws * width);
    this.#positions.forEach((positions, i) => all.set(positions, i * width));
    const to = through ? through.eventShapeOut : eventShape;
    return tf.tidy(() => {
      if (!through || draws === 0) return tf.tensor(all, [draws, this.#rows, ...to], 'float32');
      const flat = tf.tensor(all, [draws * this.#rows, ...eventShape], 'float32');
      const parts: Tensor[] = [];
      for (let start = 0; start < flat.shape[0]; start += CHUNK) {
        const length = Math.min(CHUNK, flat.shape[0] - start);
        parts.push(through.forward(tf.slice(flat, start, length)));
      }
      return tf.reshape(tf.concat(parts), [draws, this.#rows, ...to]);
    });
  }

  get summary() {
    const energies = new Float64Array(this.#energies.length * this.#rows);
    this.#energies.forEach((values, i) => energies.set(values, i * this.#rows));
    const { '': acceptance = new Float64Array(0), ...statistics } = Object.fromEntries(
      Array.from(this.#means, ([name, mean]) => [name, mean.mean]),
    );
    return { energies, acceptance, statistics };
  }
}
