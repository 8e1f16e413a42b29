import * as tf from '@tensorflow/tfjs-core';
import { encode } from 'fast-png';
import { cosine, DequantizedFlow, fit, glow, imageGrid, readMnist, ready } from 'tfjs-flows';

const DIGITS = new URL('../../../demos/images/data/t10k-first7000-images-idx3-ubyte.gz', import.meta.url);
const SIZE = 16;
const EPOCHS = 12;

/** Draws of a small Glow after some minutes of training. */
export async function digits(): Promise<Uint8Array> {
  await ready({ backend: 'wasm' });
  const { images, eventShape } = (await readMnist({ images: DIGITS })).resize(SIZE);
  using model = new DequantizedFlow({ flow: glow({ eventShape, preset: 'small', seed: 'images' }) });
  await fit(model, images, {
    epochs: EPOCHS,
    batchSize: 64,
    learningRate: 1e-2,
    schedule: cosine(),
    clipNorm: 1000,
    allowConstant: true,
    callbacks: { onEpoch: ({ epoch }) => console.log(`digits: epoch ${epoch} of ${EPOCHS}`) },
  });
  const draws = tf.tidy(() => model.sample(48, { seed: 'draws', temperature: 0.7 }));
  return encode(imageGrid(draws.dataSync(), { shape: draws.shape, columns: 16, scale: 3 }));
}
