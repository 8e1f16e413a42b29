import * as tf from '@tensorflow/tfjs-core';
import { fit, loadFlow, ready, splineCouplingFlow, twoMoons } from 'tfjs-flows';

/** What the page says when it is called. */
async function run(): Promise<string> {
  const { backend } = await ready({ wasmPaths: '/wasm/' });
  const flow = splineCouplingFlow({ dims: 2, layers: 2, hidden: [16, 16], bins: 8, seed: 'demo' });
  const { epochs } = await fit(flow, twoMoons(400, { seed: 'train' }), { epochs: 3, batchSize: 64, seed: 1 });
  await flow.save('indexeddb://demo');
  const again = await loadFlow('indexeddb://demo');
  const x = tf.tensor2d(twoMoons(5, { seed: 'x' }), [5, 2]);
  const difference = tf.max(tf.abs(tf.sub(again.logProb(x), flow.logProb(x)))).dataSync()[0];
  return `${backend}: ${epochs.length} epochs, loaded again, log-prob differs by ${difference}`;
}

Object.assign(globalThis, { functions: { run } });
