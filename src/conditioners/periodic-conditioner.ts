import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../errors.js';
import type { Config } from '../module.js';
import type { Shape } from '../shapes.js';
import { checkInteger } from './check.js';
import { Conditioner } from './conditioner.js';
import { MLP } from './mlp.js';

/** Options of {@link PeriodicConditioner}. */
export interface PeriodicConditionerOptions {
  /** Reads cosines and sines: `2 harmonics` inputs for each angle. */
  readonly conditioner: Conditioner;
  /** Multiples of each angle that it gets to see. Default: 1. */
  readonly harmonics?: number;
}

/**
 * A network on angles, in radians: it sees `cos kθ` and `sin kθ` of each, `k = 1 … harmonics`, so that what it emits is the
 * same one turn further.
 *
 * @example
 * const conditioner = ({ inputs, ...request }: ConditionerRequest) =>
 *   new PeriodicConditioner({ conditioner: new MLP({ ...request, inputs: 2 * inputs, hidden: [64, 64] }) });
 */
export class PeriodicConditioner extends Conditioner {
  static override readonly className = 'PeriodicConditioner';
  static override readonly samples: readonly (() => Conditioner)[] = [
    () => new PeriodicConditioner({ conditioner: new MLP({ inputs: 4, outputs: 3, hidden: [6], activation: 'silu' }) }),
    () => new PeriodicConditioner({ conditioner: new MLP({ inputs: 4, outputs: 2, hidden: [5], contextShape: [2] }), harmonics: 2 }), // prettier-ignore
  ];

  override readonly inputs: number;
  override readonly outputs: number;
  override readonly contextShape: Shape | null;
  override readonly hiddenWidth: number;
  readonly #conditioner: Conditioner;
  readonly #harmonics: number;

  /** @throws FlowConfigError for a network whose inputs are not `2 harmonics` for each angle. */
  constructor({ conditioner, harmonics = 1 }: PeriodicConditionerOptions) {
    super();
    checkInteger('PeriodicConditioner.harmonics', harmonics);
    if (conditioner.inputs % (2 * harmonics) !== 0) {
      throw new FlowConfigError('PeriodicConditioner', {
        expected: `a conditioner with a multiple of ${2 * harmonics} inputs: cosines and sines`,
        got: `${conditioner.inputs}`,
      });
    }
    this.inputs = conditioner.inputs / (2 * harmonics);
    this.outputs = conditioner.outputs;
    this.contextShape = conditioner.contextShape;
    this.hiddenWidth = conditioner.hiddenWidth;
    this.#conditioner = this.child('conditioner', conditioner);
    this.#harmonics = harmonics;
  }

  protected override network(x: Tensor, context: Tensor | null): Tensor {
    const waves = Array.from({ length: this.#harmonics }, (_, k) => {
      const angles = k === 0 ? x : tf.mul(x, k + 1);
      return [tf.cos(angles), tf.sin(angles)];
    }).flat();
    return this.#conditioner.apply(tf.concat(waves, 1), context);
  }

  override getConfig(): Config {
    return { conditioner: this.#conditioner, harmonics: this.#harmonics };
  }
}
