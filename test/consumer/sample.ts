import * as tf from '@tensorflow/tfjs-core';
import { Affine, Chain, ready } from 'tfjs-flows';

const { backend, reason } = await ready();
console.log(`${backend}: ${reason}`);

const chain = new Chain({
  bijectors: [new Affine({ scale: [2, 3] }), new Affine({ shift: [1, -1] })],
});
const [y, logDet] = chain.forwardAndLogDet(tf.tensor2d([[0.5, 2]]));
console.log(`y = [${y.dataSync().join(', ')}], log |det J| = ${logDet.dataSync()[0].toFixed(4)}`);
