import * as tf from '@tensorflow/tfjs-core';
import type { NamedAttrMap, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { sizeOf, type Shape } from '../../shapes.js';
import { inFloat64, upstreamOf, worst } from './float64.js';
import type { FusedKernel, FusedOp, FusedSample } from './op.js';
import { disableFused, isEnabled } from './register.js';

/** Error above which a kernel is wrong rather than inexact, relative to `1 + |exact|`. */
const TOLERANCE = 1e-3;

/** Samples of each operation; tests run all, here a few show whether engine and device are as expected. */
const SAMPLES = 3;

/** The same where each may be a new program, which takes milliseconds to compile. */
const SAMPLES_ON_GPU = 1;

/**
 * Runs every operation, forward and backward, on the running backend and compares it with loops in double precision.
 * One that is wrong or throws - because the engine, the driver or the device is not as expected - runs by its reference
 * from then on, and one warning names all of them.
 */
export async function selfTest(ops: readonly FusedOp<object>[], warn: (message: string) => void): Promise<void> {
  const backend = tf.getBackend();
  const enabled = ops.filter((op) => isEnabled(op, backend));
  const count = backend === 'webgl' || backend === 'webgpu' ? SAMPLES_ON_GPU : SAMPLES;
  const trials = enabled.flatMap((op) => op.samples.slice(0, count).map((sample) => new Trial(op, sample)));
  await runAll(trials);
  const faulty = enabled.filter((op) => trials.some((trial) => trial.op === op && !trial.isRight()));
  if (faulty.length === 0) return;
  for (const op of faulty) disableFused(op, backend);
  warn(
    `tfjs-flows: ${faulty.map(({ name }) => name).join(', ')} failed the self-test on backend "${backend}" of ` +
      `TensorFlow.js ${tf.version_core}. Slower TensorFlow.js operations take their place; results are not affected.`,
  );
}

/** An operation on one sample. */
class Trial {
  readonly op: FusedOp<object>;
  readonly #sample: FusedSample<object>;
  /** What the trial needs: inputs, and upstream gradients of all outputs. */
  readonly given: readonly { readonly name: string; readonly shape: Shape; readonly values: readonly number[] }[];
  #found: Float32Array = new Float32Array(0);

  constructor(op: FusedOp<object>, sample: FusedSample<object>) {
    this.op = op;
    this.#sample = sample;
    const shapes = op.outputShapes(sample.inputs.map(({ shape }) => shape), sample.attributes); // prettier-ignore
    const upstreams = shapes.map((shape, i) => ({ name: `d${op.outputs[i]}`, shape, values: upstreamOf(sizeOf(shape), i) })); // prettier-ignore
    this.given = [...sample.inputs.map((input, i) => ({ name: op.inputs[i], ...input })), ...upstreams];
  }

  /** Outputs and gradients, each as a vector; none where a kernel throws. */
  run(given: readonly Tensor[]): Tensor1D[] {
    const known = new Map(this.given.map(({ name }, i) => [name, given[i]]));
    const { attributes } = this.#sample;
    try {
      const outputs = run(this.op, known, attributes);
      this.op.outputs.forEach((name, i) => known.set(name, outputs[i]));
      const gradients = this.op.gradient ? run(this.op.gradient, known, attributes) : [];
      return [...outputs, ...gradients].map((tensor) => tf.reshape(tensor, [tensor.size]) as Tensor1D);
    } catch {
      return [];
    }
  }

  /** Takes the numbers of all vectors that {@link run} gave. */
  take(found: Float32Array): void {
    this.#found = found;
  }

  isRight(): boolean {
    const { outputs, gradients } = inFloat64(this.op, this.#sample);
    const exact = [...outputs, ...gradients].flatMap((values) => Array.from(values));
    return worst(this.#found, exact) < TOLERANCE;
  }
}

/**
 * One transfer there and one back for all trials: on a GPU each costs more than the kernels, and on webgl a program for
 * each shape. Asynchronous, as webgpu demands.
 */
async function runAll(trials: readonly Trial[]): Promise<void> {
  const sizes: number[] = [];
  const everything = tf.tidy(() => {
    const numbers = tf.tensor1d(trials.flatMap(({ given }) => given.flatMap(({ values }) => values)), 'float32'); // prettier-ignore
    let begin = 0;
    const vectors = trials.map((trial) =>
      trial.run(
        trial.given.map(({ shape }) => {
          const part = tf.slice(numbers, begin, sizeOf(shape));
          begin += part.size;
          return tf.reshape(part, [...shape]);
        }),
      ),
    );
    sizes.push(...vectors.map((list) => list.reduce((sum, { size }) => sum + size, 0)));
    return tf.concat([tf.zeros([1]) as Tensor1D, ...vectors.flat()]);
  });
  const numbers = (await everything.data()) as Float32Array;
  everything.dispose();
  let at = 1;
  trials.forEach((trial, i) => trial.take(numbers.subarray(at, (at += sizes[i]))));
}

function run(kernel: FusedKernel<object>, tensors: ReadonlyMap<string, Tensor>, attributes: object): Tensor[] {
  const named = Object.fromEntries(kernel.inputs.map((name) => [name, tensors.get(name)!]));
  const result = tf.engine().runKernel<Tensor | Tensor[]>(kernel.name, named, attributes as NamedAttrMap);
  return Array.isArray(result) ? result : [result];
}
