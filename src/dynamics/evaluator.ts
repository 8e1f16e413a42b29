import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Energy } from '../energies/energy.js';
import { FlowNumericsError } from '../errors.js';
import { SharedMirror } from '../replay/mirror.js';
import { Replay } from '../replay/replay.js';

/** Forces and energies of copies of a system, held in double precision and evaluated in float32. */
export class Evaluator {
  readonly #energy: Energy;
  readonly #where: string;
  readonly #shape: number[];
  readonly #weights: SharedMirror;
  readonly #force: Replay;
  readonly #potential: Replay;

  constructor(where: string, energy: Energy, copies: number) {
    this.#energy = energy;
    this.#where = where;
    this.#shape = [copies, ...energy.eventShape];
    this.#weights = new SharedMirror(() => energy.parameters.map(({ variable }) => variable));
    // Thousands of steps in the same shapes: where kernels can be written down, they are repeated without the engine.
    this.#force = new Replay(([x]) => [energy.force(x)], this.#weights);
    this.#potential = new Replay(([x]) => [energy.energy(x)], this.#weights);
  }

  /**
   * Forces at `positions`, one copy after the other.
   *
   * @throws FlowNumericsError when one is not finite.
   */
  force(positions: Float64Array, step: number): Promise<Float32Array> {
    return this.#run(this.#force, 'force', positions, step);
  }

  /** Energies of the copies, likewise. */
  potential(positions: Float64Array, step: number): Promise<Float32Array> {
    return this.#run(this.#potential, 'energy', positions, step);
  }

  dispose(): void {
    this.#force.dispose();
    this.#potential.dispose();
    this.#weights.free();
  }

  async #run(replay: Replay, what: string, positions: Float64Array, step: number): Promise<Float32Array> {
    const result = tf.tidy(() => {
      const x: Tensor = tf.tensor(Float32Array.from(positions), this.#shape, 'float32');
      return replay.run([x])[0];
    });
    const values = (await result.data()) as Float32Array;
    result.dispose();
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad < 0) return values;
    throw new FlowNumericsError(this.#where, {
      expected: `a finite ${what} from ${this.#energy.className} at step ${step}`,
      got: `${values[bad]}`,
      hint: 'Take shorter steps, or start where the energy is lower.',
      row: Math.floor(bad / (values.length / this.#shape[0])),
      value: values[bad],
    });
  }
}
