import * as tf from '@tensorflow/tfjs-core';
import { cosine, effectiveSampleSize, fit, logMeanWeight, OctupoleRotor, ready, rotationFlow, reverseKl } from 'tfjs-flows';
await ready();
const LOG_AREA = Math.log(2 * Math.PI ** 2);
const [layers, bins, lr, n] = process.argv.slice(2).map(Number);
const flow = rotationFlow({ transform: 'spline', layers, bins, seed: 'rigid' });
for (const [kappa, steps] of [[2, n/4], [4, n/4], [6, n/4], [8, n]]) {
  const energy = new OctupoleRotor({ strength: kappa });
  const t = performance.now();
  await fit(flow, { objective: reverseKl(energy, { gradient: 'path' }), steps, batchSize: 256, learningRate: lr, schedule: kappa === 8 ? cosine() : undefined, clipNorm: 10, seed: 'a' });
  const w = tf.tidy(() => { const [x, lp] = flow.sampleAndLogProb(20000, { seed: 'draws' }); return Array.from(tf.neg(tf.add(energy.energy(x), lp)).dataSync()); });
  console.log(layers, bins, lr, n, 'kappa', kappa, 'err', (logMeanWeight(w) - LOG_AREA - energy.logPartition).toFixed(4), 'ess', (effectiveSampleSize(w) / 20000).toFixed(3), ((performance.now()-t)/steps).toFixed(1), 'ms');
  energy.dispose();
}
