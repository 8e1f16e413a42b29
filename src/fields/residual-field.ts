import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { ActivationName } from '../conditioners/activation.js';
import { checkInteger } from '../conditioners/check.js';
import type { Config } from '../module.js';
import type { Shape } from '../shapes.js';
import { DualField } from './dual-field.js';
import { checkNetwork, type FieldNetworkOptions } from './network-options.js';
import { layerTime, TimeDense } from './time-dense.js';
import type { VectorField } from './vector-field.js';

/** Options of {@link ResidualField}. */
export interface ResidualFieldOptions extends FieldNetworkOptions {
  /** Width of every hidden layer. Default: 64. */
  readonly hidden?: number;
  /** Number of residual blocks, two layers each. Default: 2. */
  readonly blocks?: number;
}

/** The second layer of a block starts this small, so that a deep net starts as a shallow one. */
const INITIAL_RANGE = 1e-3;

/**
 * A residual network of point, time and context: `h = φ(z W + …)`, then blocks `h + V φ(h U + …) + …` of one width (He et
 * al., 2016, without normalisation), then a linear layer.
 */
export class ResidualField extends DualField {
  static override readonly className: string = 'ResidualField';
  static override readonly samples: readonly (() => VectorField)[] = [
    () => new ResidualField({ dims: 2, hidden: 7 }),
    () => new ResidualField({ dims: 3, hidden: 6, blocks: 1, activation: 'gelu', time: 'gated', contextShape: [2] }),
    () => new ResidualField({ dims: 2, hidden: 5, activation: 'sigmoid', time: 'concatSquash', initialOutput: 'zero' }),
  ];

  override readonly eventShape: Shape;
  override readonly contextShape: Shape | null;
  readonly #entry: TimeDense;
  readonly #blocks: readonly (readonly [first: TimeDense, second: TimeDense])[];
  readonly #output: TimeDense;
  readonly #config: Config;

  /** @throws FlowConfigError for a size, activation, time form or initial output that makes no network. */
  constructor(options: ResidualFieldOptions) {
    super();
    const { known, contextSize, lastLayer, stream } = checkNetwork('ResidualField', options);
    const { hidden = 64, blocks = 2 } = options;
    checkInteger('ResidualField.hidden', hidden);
    checkInteger('ResidualField.blocks', blocks, 0);

    const { dims, activation, time } = known;
    const layer = (name: string, inputs: number, outputs: number, phi: ActivationName, more = {}) => {
      const options = { inputs, outputs, activation: phi, time: layerTime(time, 1), seed: stream.split(name) };
      return this.child(name, new TimeDense({ ...options, ...more }));
    };
    this.eventShape = [dims];
    this.contextShape = known.contextShape;
    this.#entry = layer('entry', dims, hidden, activation, { time: layerTime(time, 0), contextSize });
    this.#blocks = Array.from({ length: blocks }, (_, i) => [
      layer(`block${i}.first`, hidden, hidden, activation),
      layer(`block${i}.second`, hidden, hidden, 'identity', { initialRange: INITIAL_RANGE }),
    ]);
    this.#output = layer('output', hidden, dims, 'identity', lastLayer);
    this.#config = { ...known, hidden, blocks };
  }

  protected override network(x: Tensor, t: Tensor, context: Tensor | null): Tensor {
    const residual = (h: Tensor, [first, second]: readonly [TimeDense, TimeDense]) =>
      tf.add(h, second.apply(first.apply(h, t, context), t, context));
    return this.#output.apply(this.#blocks.reduce(residual, this.#entry.apply(x, t, context)), t, context);
  }

  override getConfig(): Config {
    return this.#config;
  }
}
