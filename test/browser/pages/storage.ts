import * as tf from '@tensorflow/tfjs-core';
import { Affine, Chain, Flow, loadFlow, Normal, Permute, ready, removeFlow } from '../../../src/index.js';
import { WASM_PATH } from '../../../support/browser/wasm-path.js';

/** Saves a small flow, as wide as `scale`, under a URL; the log-densities of some points under it. */
export async function save(url: string, scale: number): Promise<number[]> {
  await ready({ backend: 'wasm', wasmPaths: WASM_PATH });
  const affine = new Affine({ scale: [scale, 1, 0.3], shift: [0, 1, -1] });
  const bijector = new Chain({ bijectors: [affine, new Permute({ permutation: [2, 0, 1] })] });
  const flow = new Flow({ base: Normal.standard([3]), bijector });
  try {
    await flow.save(url);
    return await logDensities(flow);
  } finally {
    flow.dispose();
  }
}

/** The log-densities of the same points under the flow saved at a URL. */
export async function load(url: string): Promise<number[]> {
  await ready({ backend: 'wasm', wasmPaths: WASM_PATH });
  const flow = await loadFlow(url);
  try {
    return await logDensities(flow);
  } finally {
    flow.dispose();
  }
}

/** Deletes the flow saved at a URL. */
export async function remove(url: string): Promise<void> {
  await removeFlow(url);
}

/** What the error says that loading from a URL ends with. */
export async function loadingError(url: string): Promise<string> {
  return loadFlow(url).then(
    () => 'none',
    (error: Error) => `${error.name}: ${error.message}`,
  );
}

async function logDensities(flow: Flow): Promise<number[]> {
  const points = tf.tensor2d([0.1, -0.4, 2, -1, 0, 0.5], [2, 3]);
  const densities = flow.logProb(points);
  const numbers = [...(await densities.data())];
  tf.dispose([points, densities]);
  return numbers;
}
