/** Trains the model of the page's digits, and writes it with some digits that it has not seen: `npm run playground:digits`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { cosine, DequantizedFlow, fit, glow, readMnist, ready } from 'tfjs-flows';
import { EXAMPLES_EACH, SIDE } from './shape.js';

const DATA = new URL('../../../../demos/images/data/', import.meta.url);
const OUT = fileURLToPath(new URL('../../../../demos/playground/public/digits', import.meta.url));
const EPOCHS = 40;

await ready({ backend: 'wasm' });
const file = (kind: string, rank: number) => new URL(`t10k-first7000-${kind}-idx${rank}-ubyte.gz`, DATA);
const digits = (await readMnist({ images: file('images', 3), labels: file('labels', 1) })).resize(SIDE);
const { train, held } = digits.split({ fractions: { train: 0.93, held: 0.07 }, seed: 'digits' });

using flow = glow({ eventShape: digits.eventShape, preset: 'small', hidden: 64, seed: 'digits' });
const model = new DequantizedFlow({ flow });
const { bestValidation } = await fit(model, train.images, {
  validation: held.images,
  epochs: EPOCHS,
  batchSize: 64,
  learningRate: 1e-2,
  schedule: cosine(),
  clipNorm: 1000,
  allowConstant: true,
  seed: 'digits',
  callbacks: {
    onEpoch: ({ epoch, validation }) =>
      console.log(`epoch ${epoch} of ${EPOCHS}: held out ${validation?.toFixed(1)} nats`),
  },
});
console.log(`held out ${bestValidation?.toFixed(1)} nats, ${flow.parameterCount} parameters`);

mkdirSync(OUT, { recursive: true });
await flow.save(pathToFileURL(OUT).href);
const labels = held.labels!;
const chosen = Array.from({ length: 10 }, (_, digit) =>
  Array.from(labels.keys()).filter((i) => labels[i] === digit).slice(0, EXAMPLES_EACH),
).flat(); // prettier-ignore
const size = SIDE * SIDE;
writeFileSync(
  `${OUT}/examples.bin`,
  Buffer.concat(chosen.map((i) => Buffer.from(held.images.subarray(i * size, (i + 1) * size)))),
);
