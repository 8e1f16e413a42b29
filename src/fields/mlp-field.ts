import type { Tensor } from '@tensorflow/tfjs-core';
import { checkWidths } from '../conditioners/check.js';
import type { Config } from '../module.js';
import type { Shape } from '../shapes.js';
import { DualField } from './dual-field.js';
import { checkNetwork, type FieldNetworkOptions } from './network-options.js';
import { layerTime, TimeDense } from './time-dense.js';
import type { VectorField } from './vector-field.js';

/** Options of {@link MLPField}. */
export interface MLPFieldOptions extends FieldNetworkOptions {
  /** Width of each hidden layer. Default: `[64, 64, 64]`. */
  readonly hidden?: readonly number[];
}

/**
 * A multilayer perceptron of point, time and context, an activation after all layers but the last: the field of
 * FFJORD (Grathwohl et al., 2019) and of flow matching (Lipman et al., 2023).
 *
 * The activation should be smooth. A Runge-Kutta method of order `p` has its order only where the field has `p`
 * continuous derivatives; across a kink of `relu`, `leakyRelu` or `elu` its error falls no faster than `h²`, and a solver
 * that adapts its steps spends them there. Divergences suffer more: that of a `relu` network jumps.
 */
export class MLPField extends DualField {
  static override readonly className: string = 'MLPField';
  static override readonly samples: readonly (() => VectorField)[] = [
    () => new MLPField({ dims: 2, hidden: [8, 7] }),
    () => new MLPField({ dims: 3, hidden: [6], activation: 'softplus', time: 'concatSquash', contextShape: [2] }),
    () => new MLPField({ dims: 2, hidden: [5, 6], activation: 'silu', time: 'concatAll', contextShape: [2, 2] }),
    () => new MLPField({ dims: 1, hidden: [5, 4], time: 'gated', initialOutput: 'zero' }),
    () => new MLPField({ dims: 3, hidden: [], contextShape: [1], seed: 'linear' }),
  ];

  override readonly eventShape: Shape;
  override readonly contextShape: Shape | null;
  readonly #layers: readonly TimeDense[];
  readonly #config: Config;

  /** @throws FlowConfigError for a size, activation, time form or initial output that makes no network. */
  constructor(options: MLPFieldOptions) {
    super();
    const { known, contextSize, lastLayer, stream } = checkNetwork('MLPField', options);
    const { hidden = [64, 64, 64] } = options;
    checkWidths('MLPField.hidden', hidden);

    const { dims, activation, time } = known;
    const widths = [dims, ...hidden, dims];
    this.eventShape = [dims];
    this.contextShape = known.contextShape;
    this.#layers = widths.slice(1).map((outputs, i) => {
      const last = i === hidden.length;
      const name = last ? 'output' : `dense${i}`;
      const layer = new TimeDense({
        inputs: widths[i],
        outputs,
        activation: last ? 'identity' : activation,
        time: layerTime(time, i),
        contextSize: i === 0 ? contextSize : 0,
        ...(last ? lastLayer : {}),
        seed: stream.split(name),
      });
      return this.child(name, layer);
    });
    this.#config = { ...known, hidden };
  }

  protected override network(x: Tensor, t: Tensor, context: Tensor | null): Tensor {
    return this.#layers.reduce((h, layer) => layer.apply(h, t, context), x);
  }

  override getConfig(): Config {
    return this.#config;
  }
}
