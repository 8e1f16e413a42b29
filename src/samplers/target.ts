import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { Module } from '../module.js';
import { SharedMirror } from '../replay/mirror.js';
import { Replay } from '../replay/replay.js';
import { energyAndForce, type EnergyLike } from './energy-like.js';

/** Energies and forces as transitions ask for them; the tensors belong to the caller. */
export interface Target {
  energy(x: Tensor): Tensor;
  /** With `-∂u/∂x`. */
  energyAndForce(x: Tensor): [energy: Tensor, force: Tensor];
}

/** Evaluations that a run should make at least for a program to pay. */
const WORTH_PLANNING = 100;

/**
 * An energy for the length of one run, in which nothing of it may change: repeated from its kernels, without the engine of
 * TF.js in between, where that is possible.
 */
export class RunTarget implements Target {
  readonly #energy: EnergyLike;
  readonly #mirror: SharedMirror;
  readonly #value: Replay;
  readonly #both: Replay;
  readonly #planned: boolean;

  /** @param evaluations about how many there will be */
  constructor(energy: EnergyLike, evaluations: number) {
    this.#energy = energy;
    this.#planned = evaluations >= WORTH_PLANNING;
    this.#mirror = new SharedMirror(() => (energy instanceof Module ? energy.parameters : []).map(({ variable }) => variable)); // prettier-ignore
    this.#value = new Replay(([x]) => [energy.energy(x)], this.#mirror);
    this.#both = new Replay(([x]) => energyAndForce(energy, x), this.#mirror);
  }

  /**
   * Decides now whether batches like this one are repeated by a program, so that all evaluations of a run are made in the
   * same way and give the same bits, wherever it is stopped and resumed.
   */
  prepare(x: Tensor, forces: boolean): void {
    if (!this.#planned) return;
    for (let call = 0; call < 2; call++) tf.dispose(forces ? this.energyAndForce(x) : this.energy(x));
  }

  energy(x: Tensor): Tensor {
    return this.#planned ? this.#value.run([x])[0] : this.#energy.energy(x);
  }

  energyAndForce(x: Tensor): [Tensor, Tensor] {
    return (this.#planned ? this.#both.run([x]) : energyAndForce(this.#energy, x)) as [Tensor, Tensor];
  }

  dispose(): void {
    this.#value.dispose();
    this.#both.dispose();
    this.#mirror.free();
  }
}
