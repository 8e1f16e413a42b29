import type { Tensor } from '@tensorflow/tfjs-core';
import type { ActivationName } from '../conditioners/activation.js';
import { checkActivation, checkInteger, checkWidths, contextSizeOf } from '../conditioners/check.js';
import type { Config } from '../module.js';
import { RandomStream, type Seed } from '../random.js';
import type { Shape } from '../shapes.js';
import { DualField } from './dual-field.js';
import {
  checkInitialOutput,
  checkTimeForm,
  layerTime,
  TimeDense,
  type InitialOutput,
  type TimeForm,
} from './time-dense.js';
import type { VectorField } from './vector-field.js';

/** Options of {@link MLPField}. */
export interface MLPFieldOptions {
  /** Numbers in one point. */
  readonly dims: number;
  /** Width of each hidden layer. Default: `[64, 64, 64]`. */
  readonly hidden?: readonly number[];
  /** Default: `tanh`. See {@link MLPField} about `relu`. */
  readonly activation?: ActivationName;
  /** How time enters. Default: `concat`. */
  readonly time?: TimeForm;
  /** Shape of one context, flattened and one more input of the first layer; null for none. Default: null. */
  readonly contextShape?: Shape | null;
  /** `zero`: the last layer starts at zero, and a flow along the field as the identity. Default: `random`. */
  readonly initialOutput?: InitialOutput;
  /** Seed of the initial weights. Default: 0. */
  readonly seed?: Seed;
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
    const { dims, hidden = [64, 64, 64], activation = 'tanh', time = 'concat', contextShape = null } = options;
    const { initialOutput = 'random', seed = 0 } = options;
    checkInteger('MLPField.dims', dims);
    checkWidths('MLPField.hidden', hidden);
    checkActivation('MLPField.activation', activation);
    checkTimeForm('MLPField.time', time);
    checkInitialOutput('MLPField.initialOutput', initialOutput);
    const contextSize = contextSizeOf('MLPField.contextShape', contextShape);

    const stream = RandomStream.from(seed);
    const widths = [dims, ...hidden, dims];
    this.eventShape = [dims];
    this.contextShape = contextShape;
    this.#layers = widths.slice(1).map((outputs, i) => {
      const last = i === hidden.length;
      const name = last ? 'output' : `dense${i}`;
      const layer = new TimeDense({
        inputs: widths[i],
        outputs,
        activation: last ? 'identity' : activation,
        time: layerTime(time, i),
        contextSize: i === 0 ? contextSize : 0,
        ...(last && initialOutput === 'zero' ? { initialRange: 0 } : {}),
        seed: stream.split(name),
      });
      return this.child(name, layer);
    });
    this.#config = { dims, hidden, activation, time, contextShape, initialOutput, seed: stream.key };
  }

  protected override network(x: Tensor, t: Tensor, context: Tensor | null): Tensor {
    return this.#layers.reduce((h, layer) => layer.apply(h, t, context), x);
  }

  override getConfig(): Config {
    return this.#config;
  }
}
