/**
 * Digits out of noise: trains a small Glow on handwritten digits of 16 × 16 pixels, tells how many bits a pixel takes under
 * it, and draws, takes apart and mixes digits.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { SingleBar } from 'cli-progress';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  bitsPerDim,
  cosine,
  DequantizedFlow,
  fit,
  glow,
  interpolate,
  readMnist,
  ready,
  type EpochRecord,
  type ImageSet,
} from 'tfjs-flows';
import { independentPixelBits } from './independent-pixels.js';
import { renderPage, writeGrid } from './pictures.js';

const DATA = new URL('../../../demos/images/data/', import.meta.url);
const SIZE = 16;
const BATCH = 64;
const COLUMNS = 8;

const [epochs = '30', folder = 'build/images'] = process.argv.slice(2);
const EPOCHS = Number(epochs);
if (!Number.isInteger(EPOCHS) || EPOCHS < 1) {
  console.error(`Give a number of epochs, and a folder if you like. Got ${epochs}.`);
  process.exit(2);
}
const { backend, reason } = await ready();
console.log(`Backend: ${backend}. ${reason}`);
mkdirSync(folder, { recursive: true });
const at = (file: string) => join(folder, file);

const all = await readMnist({
  images: new URL('t10k-first7000-images-idx3-ubyte.gz', DATA),
  labels: new URL('t10k-first7000-labels-idx1-ubyte.gz', DATA),
});
const parts = all.resize(SIZE).split({ fractions: { train: 0.9, validation: 0.03, test: 0.07 }, seed: 'digits' });
const { train, validation, test } = parts;
const { eventShape } = train;
console.log(`Digits of ${SIZE} × ${SIZE} pixels: ${train.length} to train on, ${validation.length} to watch, ${test.length} held out.`); // prettier-ignore

using model = new DequantizedFlow({ flow: glow({ eventShape, preset: 'small', seed: 'images' }) });
const { flow } = model;
console.log(`Glow with ${model.parameterCount} weights; draws are written to ${at('draws.png')} on the way.\n`);
await trainWithProgress();

const rows = tensorOf(test);
const scored = [1, 16].map((samples) => meanOf(model.bitsPerDim(rows, { samples })));
const plain = independentPixelBits(train, test);
console.log('\nBits a pixel, held out (lower is better; raw pixels have 8):\n');
console.log(`  each pixel by itself            ${plain.toFixed(3)}`);
console.log(`  Glow, one draw of the noise     ${scored[0].toFixed(3)}`);
console.log(`  Glow, 16 draws of the noise     ${scored[1].toFixed(3)}\n`);

for (const temperature of [0.7, 1]) {
  const draws = model.sample(COLUMNS ** 2, { seed: 'draws', temperature });
  await writeGrid(at(`temperature-${temperature}.png`), draws, { columns: COLUMNS });
}

const originals = tensorOf(test.take(2 * COLUMNS));
const again = tf.tidy(() => tf.floor(flow.forward(flow.inverse(tf.add(originals, 0.5)))));
const changed = tf.tidy(() => tf.sum(tf.cast(tf.notEqual(originals, again), 'int32')).dataSync()[0]);
console.log(`There and back: ${changed} of ${originals.size} pixels changed.`);
await writeGrid(
  at('reconstructions.png'),
  tf.tidy(() => tf.concat([originals, again])),
  { columns: 2 * COLUMNS },
);
tf.dispose([originals, again]);

const ways = tf.tidy(() => {
  const ends = [[1, 7], [3, 8], [4, 9], [0, 6]].map((pair) => pair.map((digit) => tensorOf(test.ofClass(digit).take(1)))); // prettier-ignore
  const [from, to] = [0, 1].map((end) => tf.add(tf.concat(ends.map((pair) => pair[end])), 0.5));
  const steps = interpolate(flow, from, to, { steps: COLUMNS });
  return tf.reshape(tf.transpose(steps, [1, 0, 2, 3, 4]), [-1, ...eventShape]);
});
await writeGrid(at('interpolations.png'), ways, { columns: COLUMNS });
await writeGrid(at('digits.png'), tensorOf(train.take(COLUMNS ** 2)), { columns: COLUMNS });

const summary =
  `A Glow of ${model.parameterCount} weights, trained for ${EPOCHS} epochs on ${train.length} digits. Held-out digits take ` +
  `${scored[1].toFixed(3)} bits a pixel under it; ${plain.toFixed(3)} if each pixel is coded by itself.`;
const pictures = [
  { file: 'digits.png', caption: 'digits it was trained on' },
  { file: 'temperature-0.7.png', caption: 'draws at temperature 0.7' },
  { file: 'temperature-1.png', caption: 'draws at temperature 1' },
  { file: 'interpolations.png', caption: 'from one held-out digit to another, on a sphere of codes' },
  { file: 'reconstructions.png', caption: 'held-out digits, and what comes back from their codes' },
];
writeFileSync(at('index.html'), renderPage(summary, pictures));
await model.save(`file://${at('model')}`);
rows.dispose();
console.log(`Open ${at('index.html')}; the model is saved in ${at('model')}.`);

/** Trains with a progress bar on a terminal, or a line an epoch elsewhere. */
async function trainWithProgress(): Promise<void> {
  const bar = process.stdout.isTTY ? new SingleBar({ format: 'fit {bar} step {value} of {total} | {scores}', hideCursor: true }) : null; // prettier-ignore
  let scores = 'bits a pixel: -';
  await fit(model, train.images, {
    validation: validation.images,
    epochs: EPOCHS,
    batchSize: BATCH,
    learningRate: 1e-2,
    schedule: cosine(),
    clipNorm: 1000,
    seed: 1,
    callbacks: {
      onStart: ({ totalSteps }) => bar?.start(totalSteps, 0, { scores }),
      onStep: ({ step }) => bar?.update(step, { scores }),
      onEpoch: async (record) => {
        scores = describe(record);
        if (!bar) console.log(`epoch ${String(record.epoch).padStart(3)} of ${EPOCHS} | ${scores}`);
        await writeGrid(at('draws.png'), model.sample(COLUMNS ** 2, { seed: 'draws', temperature: 0.7 }), { columns: COLUMNS }); // prettier-ignore
      },
    },
  });
  bar?.stop();
}

function describe({ train: trained, validation: validated, rowsPerSecond }: EpochRecord): string {
  const bits = (loss: number) => bitsPerDim(-loss, eventShape).toFixed(3);
  return `bits a pixel: train ${bits(trained)}, validation ${bits(validated!)} | ${Math.round(rowsPerSecond)} images/s`;
}

function tensorOf({ images, shape }: ImageSet): Tensor {
  return tf.tensor(images, [...shape], 'float32');
}

function meanOf(values: Tensor): number {
  const [mean] = tf.tidy(() => tf.mean(values).dataSync());
  values.dispose();
  return mean;
}
