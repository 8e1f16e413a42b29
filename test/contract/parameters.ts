import * as tf from '@tensorflow/tfjs-core';
import type { Variable } from '@tensorflow/tfjs-core';
import type { Parameter } from '../../src/module.js';
import type { RandomStream } from '../../src/random.js';
import { ensure } from './check.js';
import { derivativeMismatch, oneByOne, read } from './numerics.js';

/** Gradients of a loss by the path of the parameter; those that nothing connects with it are left out. */
export async function parameterGradients(
  parameters: readonly Parameter[],
  loss: () => tf.Scalar,
): Promise<Map<string, Float32Array>> {
  const byPath = new Map<string, Float32Array>();
  if (parameters.length === 0) return byPath;
  let grads: tf.NamedTensorMap;
  try {
    const result = tf.variableGrads(loss, parameters.map(({ variable }) => variable)); // prettier-ignore
    result.value.dispose();
    grads = result.grads;
  } catch (error) {
    if (String(error).includes('Cannot find a connection')) return byPath;
    throw error;
  }
  for (const { path, variable } of parameters) {
    const gradient = grads[variable.name];
    if (gradient) byPath.set(path, await read(gradient));
  }
  return byPath;
}

/** Compares the gradients of an entry each of some parameters with finite differences of a loss. */
export async function ensureParameterGradients(
  what: string,
  parameters: readonly Parameter[],
  byPath: ReadonlyMap<string, Float32Array>,
  loss: () => Promise<number>,
  pick: RandomStream,
): Promise<void> {
  const chosen = [...pick.permutation(parameters.length)].slice(0, 5).map((i) => parameters[i]);
  for (const { path, variable } of chosen) {
    const values = (await variable.data<'float32'>()).slice();
    const i = pick.nextInteger(values.length);
    const shifted = (at: number) => {
      put(variable, values.with(i, at));
      return loss();
    };
    const mismatch = await derivativeMismatch(byPath.get(path)?.[i] ?? 0, values[i], 1, oneByOne(shifted), 5e-3);
    put(variable, values);
    ensure(mismatch === null, `${what}${path}[${i}]: ${mismatch}`);
  }
}

function put(variable: Variable, entries: Float32Array): void {
  tf.tidy(() => variable.assign(tf.tensor(entries, variable.shape, 'float32')));
}
