import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../errors.js';
import type { Config } from '../module.js';
import { sizeOf, type Shape } from '../shapes.js';
import { Bijector, type ValueAndLogDet } from './bijector.js';
import { checkNumbers } from './check-numbers.js';

/** Options of {@link Affine}. Give `eventShape`, or `shift` or `scale` with one number a coordinate. */
export interface AffineOptions {
  /** Shape of one event. Default: one axis as long as `shift` or `scale`. */
  readonly eventShape?: Shape;
  /** Initial shift, one number a coordinate. Default: zeros. */
  readonly shift?: readonly number[];
  /** Initial scale, one non-zero number a coordinate. Default: ones. */
  readonly scale?: readonly number[];
  /** Whether shift and log |scale| are trained. Default: true. */
  readonly learnable?: boolean;
}

/**
 * `y = scale · x + shift`, elementwise; `log |det J| = Σ log |scale|`.
 *
 * The sign of each scale is fixed at construction; its logarithm is the parameter, so that the map stays invertible
 * however long it is trained.
 *
 * @cost forward: formula; inverse: formula
 */
export class Affine extends Bijector {
  static override readonly className: string = 'Affine';
  static override readonly samples: readonly (() => Bijector)[] = [
    () => Affine.sample(3),
    () => new Affine({ eventShape: [2, 2], scale: [0.5, 1, 2, 4], shift: [1, 2, 3, 4], learnable: false }),
  ];

  /** A small fixed instance for tests and examples. */
  static sample(dims: number): Affine {
    const at = Array.from({ length: dims }, (_, i) => i);
    return new Affine({ shift: at.map((i) => 0.5 * i - 0.3), scale: at.map((i) => (i % 2 ? -1.5 : 0.7) * (i + 1)) });
  }

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  readonly #shift: Variable;
  readonly #logScale: Variable;
  readonly #sign: Tensor | number;
  readonly #config: Config;

  /** @throws FlowConfigError for a scale that is zero or not finite, or lists of different lengths. */
  constructor(options: AffineOptions) {
    super();
    const { eventShape, learnable = true } = options;
    const dims = eventShape ? sizeOf(eventShape) : (options.shift ?? options.scale)?.length;
    if (dims === undefined) {
      throw new FlowConfigError(this.className, { expected: '`eventShape`, `shift` or `scale`', got: 'none of them' });
    }
    const shape = eventShape ?? [dims];
    const shift = options.shift ?? Array<number>(dims).fill(0);
    const scale = options.scale ?? Array<number>(dims).fill(1);
    checkNumbers(`${this.className}.shift`, shift, dims, Number.isFinite, 'finite numbers');
    checkNumbers(`${this.className}.scale`, scale, dims, (s) => Number.isFinite(s) && s !== 0, 'non-zero numbers');
    this.eventShapeIn = shape;
    this.eventShapeOut = shape;
    this.#shift = this.weight('shift', shape, [...shift], { trainable: learnable });
    this.#logScale = this.weight('logScale', shape, scale.map((s) => Math.log(Math.abs(s))), { trainable: learnable }); // prettier-ignore
    const signs = scale.map(Math.sign);
    this.#sign = signs.every((sign) => sign === 1) ? 1 : this.weight('sign', shape, signs, { trainable: false });
    this.#config = { eventShape: shape, shift, scale, learnable };
  }

  protected override mapForward(x: Tensor): ValueAndLogDet {
    const scale = tf.mul(tf.exp(this.#logScale), this.#sign);
    return [tf.add(tf.mul(x, scale), this.#shift), tf.sum(this.#logScale)];
  }

  protected override mapInverse(y: Tensor): ValueAndLogDet {
    const scale = tf.mul(tf.exp(tf.neg(this.#logScale)), this.#sign);
    return [tf.mul(tf.sub(y, this.#shift), scale), tf.neg(tf.sum(this.#logScale))];
  }

  override getConfig(): Config {
    return this.#config;
  }
}
