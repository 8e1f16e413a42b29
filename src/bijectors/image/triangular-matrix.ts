import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { unpackStrictTriangle } from '../../kernels/strict-triangle/op.js';
import { unitTriangularInverse, type Triangle } from '../../kernels/triangular-inverse/op.js';
import type { Config } from '../../module.js';
import { ChannelMatrix, strictEntries } from './channel-matrix.js';

/** Options of {@link TriangularMatrix}. */
export interface TriangularMatrixOptions {
  /** The rows to start from; only the triangle is read. A diagonal that is trained must not hold zeros. */
  readonly matrix: readonly (readonly number[])[];
  readonly triangle: Triangle;
  /** Ones on the diagonal, whatever `matrix` has there; if not, the diagonal is trained. */
  readonly unitDiagonal: boolean;
}

/**
 * A triangular matrix, `W = N + diag(sign · exp(logScale))` with `N` strictly triangular; the signs stay as they were. Its
 * diagonal is either ones, so that `log |det W| = 0`, or trained, and `log |det W| = Σ logScale`.
 */
export class TriangularMatrix extends ChannelMatrix {
  static override readonly className = 'TriangularMatrix';

  readonly channels: number;
  /** The packed strict triangle; null for one channel, where there is none. */
  readonly #strict: Variable | null = null;
  /** Null for ones on the diagonal. */
  readonly #logScale: Variable | null = null;
  readonly #sign: Variable | null = null;
  readonly #options: TriangularMatrixOptions;

  constructor(options: TriangularMatrixOptions) {
    super();
    const { matrix, triangle, unitDiagonal } = options;
    const diagonal = matrix.map((row, i) => row[i]);
    const entries = strictEntries(matrix, triangle);
    this.channels = matrix.length;
    this.#options = options;
    if (entries.length > 0) this.#strict = this.weight('strict', [entries.length], entries);
    if (unitDiagonal) return;
    const logScale = diagonal.map((value) => Math.log(Math.abs(value)));
    this.#logScale = this.weight('logScale', [this.channels], logScale);
    this.#sign = this.weight('sign', [this.channels], diagonal.map(Math.sign), { trainable: false });
  }

  override matrix(): Tensor {
    return tf.add(this.strict(), tf.mul(tf.eye(this.channels), this.diagonal(1)));
  }

  /** `W⁻¹ = (I + D⁻¹ N)⁻¹ D⁻¹`, with `D` for the diagonal. */
  override inverseMatrix(): Tensor {
    const reciprocal = this.diagonal(-1);
    const scaled = tf.mul(tf.reshape(reciprocal, [this.channels, 1]), this.strict());
    return tf.mul(unitTriangularInverse(scaled, this.#options.triangle), reciprocal);
  }

  override logAbsDet(): Tensor {
    return this.#logScale ? tf.sum(this.#logScale) : tf.scalar(0);
  }

  override getConfig(): Config {
    return { ...this.#options };
  }

  /** The diagonal, or its reciprocal. */
  private diagonal(power: 1 | -1): Tensor {
    if (!this.#logScale || !this.#sign) return tf.ones([this.channels]);
    return tf.mul(this.#sign, tf.exp(power === 1 ? this.#logScale : tf.neg(this.#logScale)));
  }

  private strict(): Tensor {
    if (!this.#strict) return tf.zeros([this.channels, this.channels]);
    return unpackStrictTriangle(this.#strict, this.channels, this.#options.triangle);
  }
}
