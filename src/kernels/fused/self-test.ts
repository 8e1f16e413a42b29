import * as tf from '@tensorflow/tfjs-core';
import type { NamedAttrMap, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { inFloat64, upstreamOf, worst } from './float64.js';
import type { FusedKernel, FusedOp, FusedSample } from './op.js';
import { disableFused, isEnabled } from './register.js';

/** Error above which a kernel is wrong rather than inexact, relative to `1 + |exact|`. */
const TOLERANCE = 1e-3;

/** Backends on which a new program costs milliseconds to compile: one sample an operation has to do there. */
const COMPILED_ANEW = ['webgl', 'webgpu'];

/**
 * Runs every operation, forward and backward, on the running backend and compares it with loops in double precision.
 * One that is wrong or throws - because the engine, the driver or the device is not as expected - runs by its reference
 * from then on, and one warning names all of them.
 */
export async function selfTest(ops: readonly FusedOp<object>[], warn: (message: string) => void): Promise<void> {
  const backend = tf.getBackend();
  const enabled = ops.filter((op) => isEnabled(op, backend));
  const trials = enabled.flatMap((op) =>
    (COMPILED_ANEW.includes(backend) ? op.samples.slice(0, 1) : op.samples).map((sample) => new Trial(op, sample)),
  );
  await readAll(trials);
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
  #found: Float32Array = new Float32Array(0);

  constructor(op: FusedOp<object>, sample: FusedSample<object>) {
    this.op = op;
    this.#sample = sample;
  }

  /** Outputs and gradients, each as a vector; none where a kernel throws. */
  run(): Tensor1D[] {
    try {
      return runBoth(this.op, this.#sample).map((tensor) => tf.reshape(tensor, [tensor.size]) as Tensor1D);
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

/** One read for everything: on a GPU each costs more than the kernels. Asynchronous, as webgpu demands. */
async function readAll(trials: readonly Trial[]): Promise<void> {
  const sizes: number[] = [];
  const everything = tf.tidy(() => {
    const vectors = trials.map((trial) => trial.run());
    sizes.push(...vectors.map((list) => list.reduce((sum, { size }) => sum + size, 0)));
    return tf.concat([tf.zeros([1]) as Tensor1D, ...vectors.flat()]);
  });
  const numbers = (await everything.data()) as Float32Array;
  everything.dispose();
  let at = 1;
  trials.forEach((trial, i) => trial.take(numbers.subarray(at, (at += sizes[i]))));
}

/** Outputs, then gradients. */
function runBoth(op: FusedOp<object>, { attributes, inputs }: FusedSample<object>): Tensor[] {
  const known = new Map<string, Tensor>();
  op.inputs.forEach((name, i) => known.set(name, tf.tensor([...inputs[i].values], [...inputs[i].shape], 'float32')));
  const outputs = run(op, known, attributes);
  if (!op.gradient) return outputs;
  op.outputs.forEach((name, i) => {
    const { size, shape } = outputs[i];
    known.set(name, outputs[i]).set(`d${name}`, tf.tensor(upstreamOf(size, i), shape, 'float32'));
  });
  return [...outputs, ...run(op.gradient, known, attributes)];
}

function run(kernel: FusedKernel<object>, tensors: ReadonlyMap<string, Tensor>, attributes: object): Tensor[] {
  const named = Object.fromEntries(kernel.inputs.map((name) => [name, tensors.get(name)!]));
  const result = tf.engine().runKernel<Tensor | Tensor[]>(kernel.name, named, attributes as NamedAttrMap);
  return Array.isArray(result) ? result : [result];
}
