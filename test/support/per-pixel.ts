import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { Conditioner, MLP, type ConditionerRequest, type Seed, type Shape } from '../../src/index.js';

/** A conditioner on images for tests: the same small network at every pixel. */
export class PerPixel extends Conditioner {
  static override readonly className = 'PerPixel';

  override readonly inputs: number;
  override readonly outputs: number;
  override readonly contextShape: Shape | null;
  override readonly hiddenWidth = 8;
  readonly #network: MLP;

  constructor({ network }: { network: MLP }) {
    super();
    this.#network = this.child('network', network);
    this.inputs = network.inputs;
    this.outputs = network.outputs;
    this.contextShape = network.contextShape;
  }

  protected override network(x: Tensor, context: Tensor | null): Tensor {
    const [batch, height, width, channels] = x.shape as number[];
    const pixels = tf.reshape(x, [batch * height * width, channels]);
    const contexts = context && tf.tile(tf.reshape(context, [batch, 1, -1]), [1, height * width, 1]);
    const rows = contexts && tf.reshape(contexts, [batch * height * width, ...this.contextShape!]);
    return tf.reshape(this.#network.apply(pixels, rows), [batch, height, width, this.outputs]);
  }

  override getConfig() {
    return { network: this.#network };
  }
}

/** How to build one for a layer. */
export function perPixel(seed: Seed, contextShape: Shape | null = null): (request: ConditionerRequest) => PerPixel {
  return (request) =>
    new PerPixel({ network: new MLP({ ...request, hidden: [8], activation: 'tanh', contextShape, seed }) });
}
