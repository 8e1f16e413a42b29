import * as tf from '@tensorflow/tfjs-core';
import { fit, RandomStream, ready, splineCouplingFlow, type BackendName } from 'tfjs-flows';
import { trainMoons, type MoonsStep } from '../support/browser/train-moons.js';
import { WASM_PATH } from '../support/browser/wasm-path.js';

export { webgpuObstacle } from '../support/browser/webgpu-obstacle.js';

/** Starts a backend and names what computes. */
export async function start(backend: BackendName): Promise<string> {
  await ready({ backend, wasmPaths: WASM_PATH });
  if (backend === 'wasm') return `${navigator.hardwareConcurrency} processors`;
  const { gpgpu } = tf.backend() as { gpgpu?: { gl: WebGL2RenderingContext } };
  return gpgpu ? webglRenderer(gpgpu.gl) : webgpuRenderer();
}

export async function train(steps: number): Promise<MoonsStep[]> {
  return trainMoons(steps);
}

/** Sizes of a spline coupling flow with LU layers. */
export interface FlowSizes {
  readonly dims: number;
  readonly layers: number;
  readonly hidden: readonly number[];
}

/** Batches of an epoch of {@link timeTraining}. */
const BATCHES = 4;

/**
 * Trains by `fit` on normal rows, an epoch to warm up and then epochs for some seconds. The mean time of a step in each
 * epoch, with everything a user waits for, and the loss of the first epoch.
 */
export async function timeTraining(
  { dims, layers, hidden }: FlowSizes,
  batch: number,
  seconds: number,
): Promise<{ ms: number[]; loss: number }> {
  const flow = splineCouplingFlow({ dims, layers, hidden, mixing: 'lu', standardize: false, seed: 0 });
  const rows = new RandomStream('rows').normal(BATCHES * batch * dims);
  const ms: number[] = [];
  const stop = new AbortController();
  let loss = NaN;
  let last = 0;
  let until = 0;
  await fit(flow, rows, {
    epochs: 1_000_000,
    batchSize: batch,
    signal: stop.signal,
    callbacks: {
      onEpoch({ epoch, train }) {
        const now = performance.now();
        if (epoch === 1) [loss, until] = [train, now + 1000 * seconds];
        else ms.push((now - last) / BATCHES);
        last = now;
        if (ms.length > 0 && now > until) stop.abort();
      },
    },
  });
  flow.dispose();
  return { ms, loss };
}

function webglRenderer(gl: WebGL2RenderingContext): string {
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  return String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
}

async function webgpuRenderer(): Promise<string> {
  const { gpu } = navigator as unknown as { gpu: { requestAdapter(): Promise<{ info?: Record<string, string> }> } };
  const { info = {} } = await gpu.requestAdapter();
  return [info.vendor, info.architecture, info.description].filter(Boolean).join(' ') || 'unknown';
}
