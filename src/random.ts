import seedrandom from 'seedrandom';
import { FlowConfigError } from './errors.js';
import { sizeOf, type Shape } from './shapes.js';
import * as tf from '@tensorflow/tfjs-core';

/** Anything a random draw can start from. Zero is a seed like any other. */
export type Seed = string | number | RandomStream;

/** Everything needed to continue a stream where it stood; plain JSON. */
export interface RandomStreamState {
  /** What the stream was made from. */
  readonly key: string;
  /** The generator between two draws, four words of 32 bits. */
  readonly words: readonly [number, number, number, number];
}

/**
 * A seeded stream of random numbers that can be split into independent named children.
 *
 * `seedrandom` (ARC4) turns the key, a path such as `demo/coupling.2`, into 128 bits of state; the draws then come from
 * xoshiro128++ (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021), whose integer arithmetic
 * gives the same numbers on every machine. A child depends on its parent's key alone, never on how much was drawn.
 *
 * @example
 * const stream = new RandomStream('demo');
 * stream.split('weights').normal(3); // the same three numbers on every run
 */
export class RandomStream {
  /** Path of names from the root seed to this stream. */
  readonly key: string;
  readonly #state = new Int32Array(4);

  constructor(seed: string | number) {
    if (typeof seed === 'number' ? !Number.isFinite(seed) : typeof seed !== 'string') {
      throw new FlowConfigError('RandomStream', { expected: 'a seed: a string or a finite number', got: String(seed) });
    }
    this.key = String(seed);
    const hash = seedrandom(this.key);
    for (let i = 0; i < 4; i++) this.#state[i] = hash.int32();
  }

  /** The stream itself, or a fresh one for a string or number. */
  static from(seed: Seed): RandomStream {
    return seed instanceof RandomStream ? seed : new RandomStream(seed);
  }

  /** Continues a stream from a recorded state. */
  static restore(state: RandomStreamState): RandomStream {
    const stream = new RandomStream(state.key);
    stream.#state.set(state.words);
    return stream;
  }

  /** A child stream, independent of this one and of its other children. */
  split(name: string | number): RandomStream {
    return new RandomStream(`${this.key}/${name}`);
  }

  /** Where the stream stands, for checkpoints. */
  get state(): RandomStreamState {
    const [a, b, c, d] = this.#state;
    return { key: this.key, words: [a, b, c, d] };
  }

  /** One uniform number in [0, 1) with 32 random bits. */
  next(): number {
    return (this.#int32() >>> 0) * 2 ** -32;
  }

  /** `count` uniform numbers in [low, high), with 24 random bits each. */
  uniform(count: number, low = 0, high = 1): Float32Array {
    const out = new Float32Array(count);
    const scale = (high - low) * 2 ** -24;
    for (let i = 0; i < count; i++) out[i] = low + (this.#int32() >>> 8) * scale;
    return out;
  }

  /** `count` standard normal numbers by the ziggurat method (Doornik, "An improved ziggurat method", 2005). */
  normal(count: number): Float32Array {
    const out = new Float32Array(count);
    for (let i = 0; i < count; i++) out[i] = this.nextNormal();
    return out;
  }

  /** One standard normal number. */
  nextNormal(): number {
    for (;;) {
      const bits = this.#int32();
      const layer = bits & 127;
      const u = (bits >> 7) * 2 ** -24; // 25 high bits: uniform in [-1, 1)
      if (Math.abs(u) < ZIGGURAT_RATIO[layer]) return u * ZIGGURAT_EDGE[layer];
      if (layer === 0) return this.#normalTail(u < 0);
      const x = u * ZIGGURAT_EDGE[layer];
      const outer = Math.exp(-0.5 * (ZIGGURAT_EDGE[layer] ** 2 - x * x));
      const inner = Math.exp(-0.5 * (ZIGGURAT_EDGE[layer + 1] ** 2 - x * x));
      if (inner + this.next() * (outer - inner) < 1) return x;
    }
  }

  /** `count` gamma numbers of the given shape and scale 1. */
  gamma(count: number, shape: number): Float32Array {
    const out = new Float32Array(count);
    for (let i = 0; i < count; i++) out[i] = this.nextGamma(shape);
    return out;
  }

  /**
   * One gamma number, of density `x^(shape - 1) e^-x / Γ(shape)`, by rejection (Marsaglia and Tsang, "A simple method
   * for generating gamma variables", 2000).
   *
   * @throws FlowConfigError for a shape that is not positive.
   */
  nextGamma(shape: number): number {
    if (!(shape > 0 && shape < Infinity)) {
      throw new FlowConfigError('RandomStream.nextGamma', { expected: 'a positive shape', got: String(shape) });
    }
    if (shape < 1) return this.nextGamma(shape + 1) * (1 - this.next()) ** (1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.nextNormal();
      const v = (1 + c * x) ** 3;
      if (v > 0 && Math.log(1 - this.next()) < (x * x) / 2 + d * (1 - v + Math.log(v))) return d * v;
    }
  }

  /** One integer in [0, bound), without modulo bias. */
  nextInteger(bound: number): number {
    const limit = 2 ** 32 - (2 ** 32 % bound);
    let draw: number;
    do draw = this.#int32() >>> 0;
    while (draw >= limit);
    return draw % bound;
  }

  /** A random order of 0 ... n - 1 (Fisher-Yates). */
  permutation(n: number): Int32Array {
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.nextInteger(i + 1);
      const swapped = order[i];
      order[i] = order[j];
      order[j] = swapped;
    }
    return order;
  }

  /** A tensor of standard normal numbers. */
  normalTensor(shape: Shape): tf.Tensor {
    return tf.tensor(this.normal(sizeOf(shape)), [...shape], 'float32');
  }

  /** A tensor of uniform numbers in [low, high). */
  uniformTensor(shape: Shape, low = 0, high = 1): tf.Tensor {
    return tf.tensor(this.uniform(sizeOf(shape), low, high), [...shape], 'float32');
  }

  /** Beyond the last layer the normal tail is sampled by rejection from an exponential (Marsaglia, 1964). */
  #normalTail(negative: boolean): number {
    let x: number, y: number;
    do {
      x = Math.log(1 - this.next()) / ZIGGURAT_TAIL;
      y = Math.log(1 - this.next());
    } while (-2 * y < x * x);
    return negative ? x - ZIGGURAT_TAIL : ZIGGURAT_TAIL - x;
  }

  /** One step of xoshiro128++. */
  #int32(): number {
    draws++;
    const s = this.#state;
    const s0 = s[0];
    let s1 = s[1], s2 = s[2], s3 = s[3]; // prettier-ignore
    const sum = (s0 + s3) | 0;
    const result = (((sum << 7) | (sum >>> 25)) + s0) | 0;
    const shifted = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s[0] = s0 ^ s3;
    s[1] = s1;
    s[2] = s2 ^ shifted;
    s[3] = (s3 << 11) | (s3 >>> 21);
    return result;
  }
}

let draws = 0;

/** Grows with every number drawn from any stream: tells whether a computation was random. */
export function drawsSoFar(): number {
  return draws;
}

/** Right edge of the base layer, and the common area, of a 128-layer ziggurat under exp(-x^2 / 2). */
const ZIGGURAT_TAIL = 3.442619855899;
const ZIGGURAT_AREA = 9.91256303526217e-3;

const [ZIGGURAT_EDGE, ZIGGURAT_RATIO] = buildZiggurat();

function buildZiggurat(): [Float64Array, Float64Array] {
  const layers = 128;
  const edge = new Float64Array(layers + 1);
  let height = Math.exp(-0.5 * ZIGGURAT_TAIL ** 2);
  edge[0] = ZIGGURAT_AREA / height;
  edge[1] = ZIGGURAT_TAIL;
  for (let i = 2; i < layers; i++) {
    edge[i] = Math.sqrt(-2 * Math.log(ZIGGURAT_AREA / edge[i - 1] + height));
    height = Math.exp(-0.5 * edge[i] ** 2);
  }
  return [edge, Float64Array.from({ length: layers }, (_, i) => edge[i + 1] / edge[i])];
}
