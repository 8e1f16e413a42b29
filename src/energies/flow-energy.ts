import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { Distribution } from '../distributions/distribution.js';
import { Mixture } from '../distributions/mixture.js';
import { Normal } from '../distributions/normal.js';
import { FlowConfigError } from '../errors.js';
import type { Config } from '../module.js';
import { sizeOf, type Shape } from '../shapes.js';
import { Energy } from './energy.js';

/** Options of {@link FlowEnergy}. */
export interface FlowEnergyOptions {
  /** A flow, or any other density. */
  readonly flow: Distribution;
  /** The condition, for a conditional density: its numbers one after the other. Default: none. */
  readonly context?: readonly number[] | null;
}

/**
 * A density as an energy, `u(x) = -log p(x)`: to be compared with others, drawn from by Markov chains, or to run molecular
 * dynamics in. Forces are `∂ log p / ∂x`, and differentiable in the weights: what force matching trains on.
 *
 * Forces are as smooth as the flow: those of splines jump at knots, and a ReLU in a conditioner makes jumps of its own.
 * Flows of `BumpMixture` with activations such as `silu` have smooth ones.
 *
 * Outside of the support of the density the energy is infinite and the force zero.
 */
export class FlowEnergy extends Energy {
  static override readonly className = 'FlowEnergy';
  static override readonly samples = [
    () => new FlowEnergy({ flow: new Normal({ loc: [1, -2], scale: [0.5, 2], learnable: true }) }),
    () => {
      const components = [new Normal({ loc: [1, 0] }), new Normal({ loc: [-1, 1], scale: 0.5 })];
      return new FlowEnergy({ flow: new Mixture({ components }) });
    },
  ];

  override readonly eventShape: Shape;
  /** The distribution whose `-log p` it is. */
  readonly flow: Distribution;
  readonly #context: readonly number[] | null;

  /** @throws FlowConfigError for a model without a density, or a context that is not one of its own. */
  constructor({ flow, context = null }: FlowEnergyOptions) {
    super();
    if (!(flow instanceof Distribution) || !flow.hasDensity || flow.discrete) {
      throw new FlowConfigError('FlowEnergy.flow', {
        expected: 'a distribution with a density',
        got: flow instanceof Distribution ? `a ${flow.className}` : typeof flow,
      });
    }
    const wanted = flow.contextShape && sizeOf(flow.contextShape);
    if (wanted !== (context?.length ?? null) || context?.some((value) => !Number.isFinite(value))) {
      throw new FlowConfigError('FlowEnergy.context', {
        expected: wanted === null ? 'no context' : `${wanted} finite numbers, the condition of the flow`,
        got: context === null ? 'none' : `[${context.join(', ')}]`,
      });
    }
    this.flow = this.child('flow', flow);
    this.eventShape = flow.eventShape;
    this.#context = context;
  }

  protected override evaluate(x: Tensor): Tensor {
    const shape = this.flow.contextShape;
    const context = this.#context && tf.tensor([...this.#context], [...shape!]);
    return tf.neg(this.flow.logProb(x, { context }));
  }

  override getConfig(): Config {
    return { flow: this.flow, context: this.#context };
  }
}
