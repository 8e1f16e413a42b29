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
  /** Which inputs are angles in radians; undefined when none was said to be. */
  readonly circular: readonly number[] | undefined;
  /** Numbers that the network sees. */
  readonly width: number;
  readonly #angles: readonly number[];
  readonly #others: readonly number[];

  /** @throws FlowConfigError unless `circular` lists different inputs. */
  constructor(where: string, inputs: number, circular: readonly number[] | undefined) {
    const angles = circular ?? [];
    const valid = (index: number) => Number.isInteger(index) && index >= 0 && index < inputs;
    if (!Array.isArray(angles) || !angles.every(valid) || new Set(angles).size !== angles.length) {
      throw new FlowConfigError(`${where}.circular`, {
        expected: `different indices of inputs, from 0 to ${inputs - 1}`,
        got: Array.isArray(angles) ? `[${angles.join(', ')}]` : String(angles),
      });
    }
    this.circular = circular;
    this.#angles = angles;
    this.#others = Array.from({ length: inputs }, (_, i) => i).filter((i) => !angles.includes(i));
    this.width = inputs + angles.length;
  }

  /** `[batch, inputs]` → `[batch, width]`. */
  embed(x: Tensor): Tensor {
    if (this.#angles.length === 0) return x;
    const angles = takeColumns(x, this.#angles);
    const others = this.#others.length > 0 ? [takeColumns(x, this.#others)] : [];
    return tf.concat([...others, tf.cos(angles), tf.sin(angles)], 1);
  }

  /** Degrees of what the network sees, from those of the inputs. */
  degrees(inputs: Degrees): Degrees {
    const of = (indices: readonly number[]) => indices.map((i) => inputs[i]);
    return this.#angles.length === 0 ? inputs : [...of(this.#others), ...of(this.#angles), ...of(this.#angles)];
  }
}
