import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { MLP, VectorField, type ActivationName, type Config, type Seed, type Shape } from '../../src/index.js';

/** Options of {@link NetworkField}. */
export interface NetworkFieldOptions {
  readonly eventShape: Shape;
  readonly hidden?: readonly number[];
  readonly activation?: ActivationName;
  readonly contextShape?: Shape | null;
  readonly seed?: Seed;
}

/** A plain network of point and time, laid flat. */
export class NetworkField extends VectorField {
  static override readonly className = 'NetworkField';
  override readonly eventShape: Shape;
  override readonly contextShape: Shape | null;
  readonly #network: MLP;
  readonly #options: NetworkFieldOptions;

  constructor(options: NetworkFieldOptions) {
    super();
    const { eventShape, hidden = [16], activation = 'silu', contextShape = null, seed = 'field' } = options;
    const outputs = eventShape.reduce((product, length) => product * length, 1);
    this.eventShape = eventShape;
    this.contextShape = contextShape;
    this.#network = this.child('network', new MLP({ inputs: outputs + 1, outputs, hidden, activation, contextShape, seed })); // prettier-ignore
    this.#options = options;
  }

  protected override velocity(t: Tensor, z: Tensor, context: Tensor | null): Tensor {
    const rows = z.shape[0];
    const times = tf.add(tf.zeros([rows, 1]), t);
    const inputs = tf.concat([tf.reshape(z, [rows, -1]), times], 1);
    return tf.reshape(this.#network.apply(inputs, context), z.shape);
  }

  override getConfig(): Config {
    return { ...this.#options };
  }
}

/** `f(t, z) = compute(t, z)`, with nothing to train but a number that scales it. */
export class FormulaField extends VectorField {
  static override readonly className = 'FormulaField';
  override readonly eventShape: Shape;
  override readonly contextShape: Shape | null;
  readonly #compute: (t: Tensor, z: Tensor, context: Tensor | null) => Tensor;
  readonly #factor = this.weight('factor', [], [1]);

  constructor(
    eventShape: Shape,
    compute: (t: Tensor, z: Tensor, context: Tensor | null) => Tensor,
    contextShape: Shape | null = null,
  ) {
    super();
    this.eventShape = eventShape;
    this.contextShape = contextShape;
    this.#compute = compute;
  }

  protected override velocity(t: Tensor, z: Tensor, context: Tensor | null): Tensor {
    return tf.mul(this.#compute(t, z, context), this.#factor);
  }

  override getConfig(): Config {
    return {};
  }
}
