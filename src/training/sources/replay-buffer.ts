import type { StoredTensor } from '../../io/safetensors.js';
import type { RandomStream } from '../../random.js';

/**
 * Weighted draws, the oldest of which make room for new ones. All numbers are of float32, as which they are saved.
 */
export class ReplayBuffer {
  readonly #capacity: number;
  readonly #width: number;
  readonly #x: Float32Array;
  readonly #logWeights: Float32Array;
  readonly #logProbs: Float32Array;
  #length = 0;
  /** Where the next draw goes. */
  #next = 0;

  constructor(capacity: number, width: number) {
    this.#capacity = capacity;
    this.#width = width;
    this.#x = new Float32Array(capacity * width);
    this.#logWeights = new Float32Array(capacity);
    this.#logProbs = new Float32Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** Whether any draw has a weight above zero. */
  get hasWeight(): boolean {
    return this.#logWeights.subarray(0, this.#length).some((value) => value > -Infinity);
  }

  /** @param logProbs `log q(x)` of the model that made them */
  add(x: ArrayLike<number>, logWeights: ArrayLike<number>, logProbs: ArrayLike<number>): void {
    const width = this.#width;
    for (let row = 0; row < logWeights.length; row++) {
      for (let i = 0; i < width; i++) this.#x[this.#next * width + i] = x[row * width + i];
      // What is not finite is never drawn.
      const good = Number.isFinite(logWeights[row]) && Number.isFinite(logProbs[row]);
      this.#logWeights[this.#next] = good ? logWeights[row] : -Infinity;
      this.#logProbs[this.#next] = logProbs[row];
      this.#next = (this.#next + 1) % this.#capacity;
      this.#length = Math.min(this.#length + 1, this.#capacity);
    }
  }

  /** Places of `count` draws, each with probability proportional to its weight, by systematic resampling. */
  draw(count: number, stream: RandomStream): Int32Array {
    const highest = this.#logWeights.subarray(0, this.#length).reduce((a, b) => Math.max(a, b), -Infinity);
    const sums = new Float64Array(this.#length);
    let sum = 0;
    for (let i = 0; i < this.#length; i++) sums[i] = sum += Math.exp(this.#logWeights[i] - highest);
    const places = new Int32Array(count);
    const offset = stream.next();
    for (let k = 0, i = 0; k < count; k++) {
      const level = ((k + offset) / count) * sum;
      while (sums[i] <= level && i < this.#length - 1) i++;
      places[k] = i;
    }
    return places;
  }

  rows(places: Int32Array): Float32Array {
    const width = this.#width;
    const out = new Float32Array(places.length * width);
    places.forEach((place, k) => out.set(this.#x.subarray(place * width, (place + 1) * width), k * width));
    return out;
  }

  /**
   * Brings draws up to date with the model as it is: their weights change by `(q / q_old)^power`.
   *
   * @param logProbs `log q(x)` of the model as it is, one of each place
   * @returns `power (log q - log q_old)` of each, before the change
   */
  update(places: Int32Array, logProbs: ArrayLike<number>, power: number): Float64Array {
    const changes = Float64Array.from(places, (place, k) => {
      const change = power * (logProbs[k] - this.#logProbs[place]);
      return Number.isNaN(change) ? -Infinity : change;
    });
    const seen = new Set<number>();
    places.forEach((place, k) => {
      if (seen.has(place)) return;
      seen.add(place);
      const good = Number.isFinite(logProbs[k]);
      this.#logWeights[place] = good ? this.#logWeights[place] + changes[k] : -Infinity;
      this.#logProbs[place] = logProbs[k];
    });
    return changes;
  }

  save(): Map<string, StoredTensor> {
    return new Map([
      ['x', { shape: [this.#capacity, this.#width], values: this.#x }],
      ['logWeights', { shape: [this.#capacity], values: this.#logWeights }],
      ['logProbs', { shape: [this.#capacity], values: this.#logProbs }],
      ['filled', { shape: [2], values: Float32Array.of(this.#length, this.#next) }],
    ]);
  }

  restore(state: ReadonlyMap<string, StoredTensor>): void {
    this.#x.set(state.get('x')!.values);
    this.#logWeights.set(state.get('logWeights')!.values);
    this.#logProbs.set(state.get('logProbs')!.values);
    [this.#length, this.#next] = state.get('filled')!.values;
  }
}
