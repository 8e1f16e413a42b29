import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { SharedMirror } from '../replay/mirror.js';
import { Replay } from '../replay/replay.js';
import { sizeOf } from '../shapes.js';
import { energyAndForce, type EnergyLike } from './energy-like.js';

/** Energies of rows, and their forces one row after the other where those were asked for. */
export interface Evaluation {
  /** `u(x)` of each row. */
  readonly energy: Float64Array;
  /** `-∂u/∂x`, one row after the other, or null. */
  readonly force: Float64Array | null;
}

/** What transitions leave invariant: `exp(-u)` of each row. */
export interface Target {
  /**
   * Energies of rows, and forces if they are asked for.
   *
   * @param x rows, one after the other; evaluated in float32
   */
  evaluate(x: Float64Array, forces: boolean): Promise<Evaluation>;
}

/**
 * An energy for the length of one run, in which nothing of it may change: repeated from its kernels, without the engine of
 * TF.js in between, where that is possible.
 */
export class RunTarget implements Target {
  readonly #energy: EnergyLike;
  readonly #mirror: SharedMirror;
  readonly #value: Replay;
  readonly #both: Replay;
  #prepared = new Set<string>();

  constructor(energy: EnergyLike) {
    this.#energy = energy;
    this.#mirror = new SharedMirror(() => (energy.parameters ?? []).map(({ variable }) => variable));
    this.#value = new Replay(([x]) => [energy.energy(x)], this.#mirror);
    this.#both = new Replay(([x]) => energyAndForce(energy, x), this.#mirror);
  }

  async evaluate(x: Float64Array, forces: boolean): Promise<Evaluation> {
    const { eventShape } = this.#energy;
    const results = tf.tidy(() => {
      const rows = x.length / sizeOf(eventShape);
      const input = tf.tensor(Float32Array.from(x), [rows, ...eventShape], 'float32');
      this.#prepare(input, forces);
      return (forces ? this.#both : this.#value).run([input]);
    });
    try {
      const [energy, force] = await Promise.all(results.map((result) => result.data()));
      return { energy: Float64Array.from(energy), force: forces ? Float64Array.from(force) : null };
    } finally {
      tf.dispose(results);
    }
  }

  dispose(): void {
    this.#value.dispose();
    this.#both.dispose();
    this.#mirror.free();
  }

  /**
   * Decides at the first batch of a shape whether such batches are repeated by a program: all of a run are then evaluated in
   * the same way and give the same bits, wherever it is stopped and resumed.
   */
  #prepare(x: Tensor, forces: boolean): void {
    const key = `${x.shape.join('x')} ${forces}`;
    if (this.#prepared.has(key)) return;
    this.#prepared.add(key);
    for (let call = 0; call < 2; call++) (forces ? this.#both : this.#value).run([x]);
  }
}
