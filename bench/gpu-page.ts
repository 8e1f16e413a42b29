import * as tf from '@tensorflow/tfjs-core';
import { ready, type BackendName } from 'tfjs-flows';
import { trainMoons, type MoonsStep } from '../support/browser/train-moons.js';

export { webgpuObstacle } from '../support/browser/webgpu-obstacle.js';

/** Starts a backend and names what draws. */
export async function start(backend: BackendName): Promise<string> {
  await ready({ backend });
  const { gpgpu } = tf.backend() as { gpgpu?: { gl: WebGL2RenderingContext } };
  return gpgpu ? webglRenderer(gpgpu.gl) : webgpuRenderer();
}

export async function train(steps: number): Promise<MoonsStep[]> {
  return trainMoons(steps);
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
