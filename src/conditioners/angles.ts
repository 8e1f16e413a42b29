import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../errors.js';
import { takeColumns } from '../kernels/columns/op.js';
import type { Degrees } from './degrees.js';

/**
 * How a network sees inputs some of which are angles: those that are not, in order, then the cosines of the angles, then
 * their sines, so that nothing it emits has a step where the circle was cut.
 */
export class AngleInputs {
  /** Which inputs are angles in radians. */
  readonly circular: readonly number[];
  /** Numbers that the network sees. */
  readonly width: number;
  readonly #others: readonly number[];

  /** @throws FlowConfigError unless `circular` lists different inputs. */
  constructor(where: string, inputs: number, circular: readonly number[] = []) {
    const valid = (index: number) => Number.isInteger(index) && index >= 0 && index < inputs;
    if (!Array.isArray(circular) || !circular.every(valid) || new Set(circular).size !== circular.length) {
      throw new FlowConfigError(`${where}.circular`, {
        expected: `different indices of inputs, from 0 to ${inputs - 1}`,
        got: Array.isArray(circular) ? `[${circular.join(', ')}]` : String(circular),
      });
    }
    this.circular = circular;
    this.#others = Array.from({ length: inputs }, (_, i) => i).filter((i) => !circular.includes(i));
    this.width = inputs + circular.length;
  }

  /** `[batch, inputs]` → `[batch, width]`. */
  embed(x: Tensor): Tensor {
    if (this.circular.length === 0) return x;
    const angles = takeColumns(x, this.circular);
    const others = this.#others.length > 0 ? [takeColumns(x, this.#others)] : [];
    return tf.concat([...others, tf.cos(angles), tf.sin(angles)], 1);
  }

  /** Degrees of what the network sees, from those of the inputs. */
  degrees(inputs: Degrees): Degrees {
    const angles = this.circular.map((i) => inputs[i]);
    return [...this.#others.map((i) => inputs[i]), ...angles, ...angles];
  }
}
