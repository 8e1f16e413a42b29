import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Flow } from 'tfjs-flows';
import { LATTICE, PARTICLES, type Journey, type PointReport } from '../protocol.js';
import { latticePoints } from './grid.js';
import type { Stage } from './stages.js';

/** A stage that is switched off leaves points where they are. */
export type Off = ReadonlySet<number>;

/** Sends particles and lattice from the base to the data, and notes where they are after each stage. */
export async function journey(stages: readonly Stage[], off: Off, particles: Float32Array): Promise<Journey> {
  const start = new Float32Array(2 * (PARTICLES + LATTICE * LATTICE));
  start.set(particles.subarray(0, 2 * PARTICLES));
  start.set(latticePoints(), 2 * PARTICLES);
  const rows = start.length / 2;
  const [positions, volumes] = tf.tidy(() => {
    let x: Tensor = tf.tensor2d(start, [rows, 2]);
    let logDet: Tensor = tf.zeros([rows]);
    const seen = [[x], [logDet]];
    stages.forEach((stage, i) => {
      if (!off.has(i)) {
        const [next, own] = stage.forward(x);
        [x, logDet] = [next, tf.add(logDet, own)];
      }
      seen[0].push(x);
      seen[1].push(logDet);
    });
    return seen.map((list) => tf.stack(list));
  });
  const [at, gathered] = (await Promise.all([positions.data(), volumes.data()])) as Float32Array[];
  tf.dispose([positions, volumes]);
  return {
    particles: cut(at, stages.length + 1, 2 * rows, 0, 2 * PARTICLES),
    lattice: cut(at, stages.length + 1, 2 * rows, 2 * PARTICLES, 2 * rows),
    logDets: cut(gathered, stages.length + 1, rows, PARTICLES, rows),
  };
}

/** The same columns of every row of a matrix. */
function cut(values: Float32Array, count: number, width: number, from: number, to: number): Float32Array {
  const out = new Float32Array(count * (to - from));
  for (let i = 0; i < count; i++) out.set(values.subarray(i * width + from, i * width + to), i * (to - from));
  return out;
}

/** Base → data by stages, some of them left out. */
export function pushForward(stages: readonly Stage[], off: Off, z: Tensor): Tensor {
  return stages.reduce((x, stage, i) => (off.has(i) ? x : stage.forward(x)[0]), z);
}

/** Data → base by stages, some of them left out, with `log p`. */
export function pullBack(flow: Flow, stages: readonly Stage[], off: Off, x: Tensor): [z: Tensor, logProb: Tensor] {
  let logDet: Tensor | null = null;
  for (let i = stages.length - 1; i >= 0; i--) {
    if (off.has(i)) continue;
    const [next, own] = stages[i].inverse(x);
    x = next;
    logDet = logDet ? tf.add(logDet, own) : own;
  }
  const base = flow.base.logProb(x);
  return [x, logDet ? tf.add(base, logDet) : base];
}

/** The way of one point, with its log-density taken apart. */
export async function inspectPoint(
  flow: Flow,
  stages: readonly Stage[],
  off: Off,
  point: readonly [number, number],
): Promise<PointReport> {
  const tensors = tf.tidy(() => {
    let x: Tensor = tf.tensor2d([[...point]]);
    const positions = [x];
    const logDets: Tensor[] = [];
    for (let i = stages.length - 1; i >= 0; i--) {
      const [next, own] = off.has(i) ? [x, tf.zeros([1])] : stages[i].inverse(x);
      x = next;
      positions.unshift(x);
      // That of the way from base to data, which is what is drawn.
      logDets.unshift(tf.neg(own));
    }
    return [tf.concat(positions, 0), tf.concat(logDets, 0), flow.base.logProb(x)];
  });
  const [path, logDets, base] = (await Promise.all(tensors.map((tensor) => tensor.data()))) as Float32Array[];
  tf.dispose(tensors);
  const baseLogProb = base[0];
  return { path, logDets, baseLogProb, logProb: logDets.reduce((sum, logDet) => sum - logDet, baseLogProb) };
}
