import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { upstreamOf, type FusedResult } from '../../src/kernels/fused/float64.js';
import type { FusedOp, FusedSample } from '../../src/kernels/fused/op.js';
import { runFused } from '../../src/kernels/fused/run.js';

export { inFloat64, worst, type FusedResult } from '../../src/kernels/fused/float64.js';

/** By whatever the running backend uses; `reference` asks for TF.js operations. */
export async function onBackend(
  op: FusedOp<object>,
  { attributes, inputs }: FusedSample<object>,
  { reference = false } = {},
): Promise<FusedResult> {
  const run = (tensors: Tensor[]) =>
    reference ? op.reference(tensors, attributes) : runFused(op, tensors, attributes);
  const tensors = tf.tidy(() => inputs.map(({ shape, values }) => tf.tensor([...values], [...shape], 'float32')));
  const traced = op.inputs.map((name, i) => [name, i] as const).filter(([name]) => op.gradient?.outputs.includes(`d${name}`)); // prettier-ignore
  const [outputs, gradients] = tf.tidy(() => {
    const found = run(tensors);
    if (traced.length === 0) return [found, []];
    const gradients = tf.grads((...at: Tensor[]) => {
      const all = [...tensors];
      traced.forEach(([, i], k) => (all[i] = at[k]));
      const terms = run(all).map((y, i) => tf.sum(tf.mul(y, tf.tensor(upstreamOf(y.size, i), y.shape))));
      return terms.reduce((sum, term) => tf.add(sum, term));
    })(traced.map(([, i]) => tensors[i]));
    const order = op.gradient!.outputs.map((name) => traced.findIndex(([input]) => `d${input}` === name));
    return [found, order.map((k) => gradients[k])];
  });
  const read = (list: Tensor[]) => Promise.all(list.map((tensor) => tensor.data()));
  const result = { outputs: await read(outputs), gradients: await read(gradients) };
  tf.dispose([...tensors, ...outputs, ...gradients]);
  return result;
}
