import * as tf from '@tensorflow/tfjs-core';
import type { NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';
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
  const faulty: string[] = [];
  const verdicts = ops
    .filter((op) => isEnabled(op, backend))
    .map(async (op) => {
      const samples = COMPILED_ANEW.includes(backend) ? op.samples.slice(0, 1) : op.samples;
      const results = await Promise.all(samples.map((sample) => isRight(op, sample)));
      if (results.every((right) => right)) return;
      disableFused(op, backend);
      faulty.push(op.name);
    });
  await Promise.all(verdicts);
  if (faulty.length === 0) return;
  warn(
    `tfjs-flows: ${faulty.join(', ')} failed the self-test on backend "${backend}" of TensorFlow.js ${tf.version_core}. ` +
      'Slower TensorFlow.js operations take their place; results are not affected.',
  );
}

/** Starts the kernels at once; only the reading of their results is waited for, as webgpu demands. */
async function isRight(op: FusedOp<object>, sample: FusedSample<object>): Promise<boolean> {
  try {
    const exact = inFloat64(op, sample);
    const found = tf.tidy(() => runBoth(op, sample));
    const values = await Promise.all(found.map((tensor) => tensor.data()));
    tf.dispose(found);
    return [...exact.outputs, ...exact.gradients].every((truth, i) => worst(values[i], truth) < TOLERANCE);
  } catch {
    return false;
  }
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
