import * as tf from '@tensorflow/tfjs-core';
import { ready, type BackendName } from '../../../src/index.js';
import { FUSED_OPS } from '../../../src/kernels/fused-ops.js';
import { inFloat64, worst } from '../../../src/kernels/fused/float64.js';
import type { FusedOp, FusedSample } from '../../../src/kernels/fused/op.js';
import { isEnabled } from '../../../src/kernels/fused/register.js';
import { runFused } from '../../../src/kernels/fused/run.js';
import { selfTest } from '../../../src/kernels/fused/self-test.js';
import { splineOp } from '../../../src/kernels/rational-quadratic-spline/op.js';
import { trainMoons, type MoonsStep } from '../../../support/browser/train-moons.js';
import { WASM_PATH } from '../../../support/browser/wasm-path.js';
import { brokenOp } from '../../support/broken-op.js';
import { onBackend } from '../../support/fused.js';
import { emptySamples, oddSizes, splinesAtKnots, wildSplines } from '../../support/odd-samples.js';

export { webgpuObstacle } from '../../../support/browser/webgpu-obstacle.js';

/** The largest errors of outputs and gradients, relative to `1 + |exact|`. */
export interface Errors {
  readonly forward: number;
  readonly gradient: number;
  readonly where: string;
}

/** Starts a backend; the operations that lost their kernel there in the self-test. */
export async function start(backend: BackendName): Promise<string[]> {
  await ready({ backend, wasmPaths: WASM_PATH });
  return FUSED_OPS.filter((op) => runsOnGpu(op) && !isEnabled(op, backend)).map(({ name }) => name);
}

/** Whether an operation has kernels for both kinds of GPU; else it runs by its reference there. */
function runsOnGpu({ gpu, webgl, webgpu }: FusedOp<object>): boolean {
  return gpu !== undefined || (webgl !== undefined && webgpu !== undefined);
}

export async function onSamples(name: string): Promise<Errors[]> {
  return errorsOf(find(name), find(name).samples);
}

export async function onOddSizes(name: string): Promise<Errors[]> {
  return errorsOf(find(name), oddSizes(find(name)));
}

export async function onWildSplines(): Promise<Errors[]> {
  return errorsOf(splineOp, wildSplines(splineOp));
}

/** Gradients are compared with those a little to the left, at and a little to the right of a knot: the nearest counts. */
export async function atKnots(): Promise<Errors[]> {
  const aside = (by: number) => ({
    ...splineOp,
    samples: splinesAtKnots(splineOp).map(({ attributes, inputs: [x, raw] }) => ({
      attributes,
      inputs: [{ ...x, values: x.values.map((value) => value + by) }, raw],
    })),
  });
  const found: Errors[] = [];
  for (const [i, sample] of splinesAtKnots(splineOp).entries()) {
    const [at, left, right] = [0, -1e-6, 1e-6].map((by) =>
      inFloat64(splineOp as FusedOp<object>, aside(by).samples[i]),
    );
    const { outputs, gradients } = await onBackend(splineOp as FusedOp<object>, sample);
    const nearest = gradients.map((values, k) =>
      Array.from(values, (value, n) => [at, left, right].map((side) => side.gradients[k][n])
        .reduce((best, other) => (Math.abs(other - value) < Math.abs(best - value) ? other : best)))); // prettier-ignore
    found.push({
      forward: Math.max(...outputs.map((values, k) => worst(values, at.outputs[k]))),
      gradient: Math.max(...gradients.map((values, k) => worst(values, nearest[k]))),
      where: JSON.stringify(sample.attributes),
    });
  }
  return found;
}

/** Sizes of the outputs of a batch without rows. */
export async function withoutRows(name: string): Promise<number[]> {
  const op = find(name);
  const [{ attributes, inputs }] = emptySamples(op);
  const outputs = tf.tidy(() => {
    const tensors = inputs.map(({ shape, values }) => tf.tensor([...values], [...shape], 'float32'));
    return runFused(op, tensors, attributes);
  });
  const sizes = (await Promise.all(outputs.map((tensor) => tensor.data()))).map(({ length }) => length);
  tf.dispose(outputs);
  return sizes;
}

/** Whether the number of each output that depends on the first number of the first input is NaN when that is. */
export async function withNaN(name: string): Promise<boolean> {
  const op = find(name);
  const { attributes, inputs } = op.samples[0];
  const spoilt = inputs.map((input, i) => (i > 0 ? input : { ...input, values: [NaN, ...input.values.slice(1)] }));
  const { outputs } = await onBackend(op, { attributes, inputs: spoilt });
  const exact = inFloat64(op, { attributes, inputs: spoilt }).outputs;
  return Number.isNaN(exact[0][0]) && outputs.every((values, i) => worst(values, exact[i]) < 1e-5);
}

/** What is left behind by running each operation and its gradient many times. */
export async function leaks(repetitions: number): Promise<{ tensors: number; data: number; bytes: number }> {
  const round = async () => {
    for (const op of FUSED_OPS) await onBackend(op, op.samples[0]);
  };
  const held = () => ({ tensors: tf.memory().numTensors, data: tf.engine().backend.numDataIds(), bytes: bytesOnGpu() });
  await round();
  const before = held();
  for (let i = 0; i < repetitions; i++) await round();
  const after = held();
  return { tensors: after.tensors - before.tensors, data: after.data - before.data, bytes: after.bytes - before.bytes };
}

/** Trains a small flow; the steps, and what is left behind. */
export async function train(steps: number): Promise<{ steps: MoonsStep[]; tensors: number; bytes: number }> {
  const before = { tensors: tf.memory().numTensors, bytes: bytesOnGpu() };
  const taken = await trainMoons(steps);
  return { steps: taken, tensors: tf.memory().numTensors - before.tensors, bytes: bytesOnGpu() - before.bytes };
}

/** Runs the self-test on a kernel that is wrong on this backend; its warnings, and the error of what runs afterwards. */
export async function breakKernel(): Promise<{ warnings: string[]; error: number }> {
  const op = brokenOp(tf.getBackend());
  const warnings: string[] = [];
  await selfTest([...FUSED_OPS, op], (warning) => warnings.push(warning));
  const [{ forward, gradient }] = await errorsOf(op, op.samples);
  return { warnings, error: Math.max(forward, gradient) };
}

function find(name: string): FusedOp<object> {
  return FUSED_OPS.find((op) => op.name === name)!;
}

async function errorsOf<A extends object>(op: FusedOp<A>, samples: readonly FusedSample<A>[]): Promise<Errors[]> {
  const found: Errors[] = [];
  for (const sample of samples) {
    const exact = inFloat64(op as FusedOp<object>, sample);
    const result = await onBackend(op as FusedOp<object>, sample);
    const most = (list: readonly ArrayLike<number>[], truth: readonly ArrayLike<number>[]) =>
      Math.max(0, ...list.map((values, i) => worst(values, truth[i])));
    const where = JSON.stringify({ shapes: sample.inputs.map(({ shape }) => shape), ...sample.attributes });
    found.push({ forward: most(result.outputs, exact.outputs), gradient: most(result.gradients, exact.gradients), where }); // prettier-ignore
  }
  return found;
}

function bytesOnGpu(): number {
  return (tf.engine().backend as unknown as { memory(): { numBytesInGPU?: number } }).memory().numBytesInGPU ?? 0;
}
