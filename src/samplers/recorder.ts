import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { sizeOf, type Shape } from '../shapes.js';

/** Tensors that are held on the backend before they are read together. */
const HELD = 32;

/** Gathers a tensor a step in JavaScript memory. */
export class Recorder {
  readonly #series = new Map<string, { shape: Shape; held: Tensor[]; pieces: Float32Array[]; count: number }>();

  /** Takes tensors over, one a name. */
  async add(tensors: Readonly<Record<string, Tensor>>): Promise<void> {
    for (const [name, tensor] of Object.entries(tensors)) {
      let series = this.#series.get(name);
      if (!series) this.#series.set(name, (series = { shape: tensor.shape, held: [], pieces: [], count: 0 }));
      series.held.push(tensor);
      series.count++;
      if (series.held.length >= HELD) await this.#flush(name);
    }
  }

  /** All of a name, `[steps, ...shape]`; the caller owns it. Null when there is none. */
  async tensor(name: string): Promise<Tensor | null> {
    await this.#flush(name);
    const series = this.#series.get(name);
    return series ? tf.tensor(this.#joined(name), [series.count, ...series.shape], 'float32') : null;
  }

  /** Means over the steps; null when there is none. */
  async mean(name: string): Promise<Float64Array | null> {
    await this.#flush(name);
    const series = this.#series.get(name);
    if (!series) return null;
    const size = sizeOf(series.shape);
    const sums = new Float64Array(size);
    this.#joined(name).forEach((value, i) => (sums[i % size] += value));
    return sums.map((sum) => sum / series.count);
  }

  get names(): string[] {
    return [...this.#series.keys()];
  }

  dispose(): void {
    for (const { held } of this.#series.values()) tf.dispose(held);
    this.#series.clear();
  }

  #joined(name: string): Float32Array {
    const { pieces } = this.#series.get(name)!;
    const all = new Float32Array(pieces.reduce((sum, { length }) => sum + length, 0));
    let offset = 0;
    for (const piece of pieces) {
      all.set(piece, offset);
      offset += piece.length;
    }
    return all;
  }

  async #flush(name: string): Promise<void> {
    const series = this.#series.get(name);
    if (!series || series.held.length === 0) return;
    const stacked = tf.tidy(() => tf.stack(series.held.map((tensor) => tf.cast(tensor, 'float32'))));
    tf.dispose(series.held);
    series.held = [];
    try {
      series.pieces.push((await stacked.data()) as Float32Array);
    } finally {
      stacked.dispose();
    }
  }
}
