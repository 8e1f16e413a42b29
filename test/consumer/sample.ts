import * as tf from '@tensorflow/tfjs-core';
import { fit, loadFlow, ready, splineCouplingFlow, twoMoons } from 'tfjs-flows';

const { backend, reason } = await ready();
console.log(`${backend}: ${reason}`);

const trainRows = twoMoons(400, { seed: 'train' });
const validRows = twoMoons(100, { seed: 'valid' });
const x = tf.tensor2d(twoMoons(5, { seed: 'x' }), [5, 2]);

const flow = splineCouplingFlow({ dims: 2, layers: 2, hidden: [16, 16], bins: 8, seed: 'demo' });
const history = await fit(flow, trainRows, { validation: validRows, epochs: 3, batchSize: 64, seed: 1 });
const logp = flow.logProb(x);
const draws = flow.sample(1000, { seed: 2 });
await flow.save('file://models/demo');
const again = await loadFlow('file://models/demo');

console.log(`${history.epochs.length} epochs, log-prob [${logp.shape.join()}], draws [${draws.shape.join()}]`);
const difference = tf.max(tf.abs(tf.sub(again.logProb(x), logp))).dataSync()[0];
console.log(`loaded again, log-prob differs by ${difference}`);
