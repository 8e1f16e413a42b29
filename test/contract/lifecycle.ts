import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { deserialize, serialize, type SerializedObject } from '../../src/io/config.js';
import { assignParameters, type Module } from '../../src/module.js';
import type { Shape } from '../../src/shapes.js';
import { ensure } from './check.js';
import { catalogueWith, type SampledClass } from './classes.js';

/** A module built anew from the configuration and the parameters of another; the caller disposes of it. */
export async function rebuilt<M extends Module>(module: M, Class: SampledClass<M>): Promise<M> {
  const saved = JSON.stringify(serialize(module));
  const copy = deserialize(JSON.parse(saved) as SerializedObject, catalogueWith(Class), 'contract') as M;
  try {
    ensure(JSON.stringify(serialize(copy)) === saved, 'the configuration of the copy differs');
    const values = new Map<string, { shape: Shape; values: Float32Array }>();
    for (const { path, variable } of module.parameters) {
      values.set(path, { shape: variable.shape, values: await variable.data<'float32'>() });
    }
    assignParameters(copy, values, 'contract');
    const trainability = ({ parameters }: Module) =>
      parameters.map(({ path, trainable }) => `${path} ${trainable}`).join();
    ensure(trainability(copy) === trainability(module), 'the parameters of the copy differ');
  } catch (error) {
    copy.dispose();
    throw error;
  }
  return copy;
}

/**
 * No method of a module leaves a tensor behind, hands out one that is not the caller's or takes its arguments with it, and
 * disposal, twice even, frees all.
 *
 * @param given tensors that the methods get
 * @param calls methods by name, with the tensors that they return
 */
export function ensureTidy<M extends Module>(
  make: () => M,
  given: readonly Tensor[],
  calls: (module: M) => Record<string, () => Tensor[]>,
): void {
  const atStart = tf.memory().numTensors;
  const module = make();
  const entries = Object.entries(calls(module));
  // The first call may fill caches that the module owns; dispose must free them.
  for (const [, call] of entries) tf.dispose(call());
  for (const [what, call] of entries) {
    const before = tf.memory().numTensors;
    const tensors = call();
    const grown = tf.memory().numTensors - before - tensors.length;
    ensure(grown === 0, `${what} left ${grown} tensors behind`);
    tf.dispose(tensors);
    ensure(tf.memory().numTensors === before, `${what} handed out a tensor that is not the caller's`);
    ensure(!given.some(({ isDisposed }) => isDisposed), `${what} disposed its argument`);
  }
  module.dispose();
  module.dispose();
  ensure(module.isDisposed, 'isDisposed is false after dispose');
  const left = tf.memory().numTensors - atStart;
  ensure(left === 0, `dispose left ${left} tensors behind`);
}
