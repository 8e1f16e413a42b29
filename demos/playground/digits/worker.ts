import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { loadFlow, type Flow } from 'tfjs-flows';
import type { Backend } from '../protocol.js';
import { openEngine } from '../worker/open-engine.js';
import { FRAMES, GRID_SIDE, type DigitsCommand, type DigitsReport } from './protocol.js';
import { SIDE } from './shape.js';

interface Scope {
  postMessage(message: DigitsReport): void;
  onmessage: ((event: MessageEvent<DigitsCommand>) => void) | null;
}

const scope = globalThis as unknown as Scope;
const PIXELS = SIDE * SIDE;
let flow: Flow | null = null;
let before: Promise<unknown> = Promise.resolve();

scope.onmessage = ({ data: command }) => {
  before = before
    .then(() => answer(command))
    .then(
      (report) => scope.postMessage(report),
      (error: Error) => scope.postMessage({ type: 'problem', message: error.message }),
    );
};

async function answer(command: DigitsCommand): Promise<DigitsReport> {
  if (command.type === 'open') {
    const { backend } = await openEngine(command.backend);
    flow = await loadFlow(command.url);
    return { type: 'opened', backend: backend as Backend, parameters: flow.parameterCount };
  }
  if (!flow) throw new Error('The model could not be loaded.');
  return command.type === 'draw' ? draw(flow, command) : way(flow, command.ends);
}

async function draw(model: Flow, { seed, temperature }: { seed: string; temperature: number }): Promise<DigitsReport> {
  const began = performance.now();
  const draws = model.sample(GRID_SIDE ** 2, { seed, temperature });
  const pixels = await bytesOf(draws);
  return { type: 'drawn', pixels, milliseconds: performance.now() - began };
}

/** Images whose latent points lie between those of the ends, on a path along which their length changes evenly. */
async function way(model: Flow, ends: Uint8Array): Promise<DigitsReport> {
  // The middle of the cell of each pixel value.
  const [latent, logProb] = tf.tidy(() => {
    const x = tf.add(tf.tensor(ends, [2, SIDE, SIDE, 1], 'float32'), 0.5);
    return [model.inverse(x), model.logProb(x)];
  });
  const shape = latent.shape.slice(1);
  const [z, logProbs] = (await Promise.all([latent.data(), logProb.data()])) as Float32Array[];
  tf.dispose([latent, logProb]);
  const size = z.length / 2;
  const path = between(z.subarray(0, size), z.subarray(size));
  const images = tf.tidy(() => model.forward(tf.tensor(path, [FRAMES, ...shape])));
  const bits = Array.from(logProbs, (value) => -value / PIXELS / Math.LN2);
  return { type: 'way', pixels: await bytesOf(images), bits };
}

/** Great circles in direction, even in length. */
function between(from: Float32Array, to: Float32Array): Float32Array {
  const length = (z: Float32Array) => Math.sqrt(z.reduce((sum, v) => sum + v * v, 0));
  const [a, b] = [length(from), length(to)];
  const cosine = from.reduce((sum, v, i) => sum + v * to[i], 0) / (a * b);
  const angle = Math.acos(Math.max(-1, Math.min(1, cosine)));
  const path = new Float32Array(FRAMES * from.length);
  for (let frame = 0; frame < FRAMES; frame++) {
    const t = frame / (FRAMES - 1);
    const radius = (1 - t) * a + t * b;
    const [u, v] = angle < 1e-4 ? [1 - t, t] : [Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle)]; // prettier-ignore
    for (let i = 0; i < from.length; i++) path[frame * from.length + i] = radius * ((u * from[i]) / a + (v * to[i]) / b);
  }
  return path;
} // prettier-ignore

async function bytesOf(images: Tensor): Promise<Uint8ClampedArray> {
  const values = await images.data<'float32'>();
  images.dispose();
  return Uint8ClampedArray.from(values, Math.floor);
}
