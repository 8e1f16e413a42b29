import * as tf from '@tensorflow/tfjs-core';
import { encode } from 'fast-png';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  bitsPerDim,
  cincFlow,
  cosine,
  DequantizedFlow,
  fincFlow,
  fit,
  glow,
  imageGrid,
  jet,
  readMnist,
  rqGlow,
  tarFlow,
  type Flow,
  type ImageSet,
} from 'tfjs-flows';
import { formatTable } from './table.js';
import { median } from './timing.js';

const DIGITS = fileURLToPath(new URL('../../demos/images/data/t10k-first7000-images-idx3-ubyte.gz', import.meta.url));
const PICTURES = 'models/images-bench';

/** Digits are padded to 32 × 32, so that patches and halvings come out even. */
const SIDE = 32;
const TEST = 1000;
const BATCH = 64;
/** Draws that are timed and looked at. */
const DRAWS = 64;

/** A recipe with one size left open, which sets its number of parameters. */
interface Model {
  readonly name: string;
  readonly build: (size: number) => Flow;
  /** The open size goes in steps of this. */
  readonly unit: number;
  readonly learningRate: number;
}

const eventShape = [SIDE, SIDE, 1];
const small = { eventShape, preset: 'small', seed: 0 } as const;

/** All of them the small presets, with networks as wide as gives about the parameters of Glow. */
const MODELS: readonly Model[] = [
  { name: 'glow', unit: 1, learningRate: 2e-3, build: (hidden) => glow({ ...small, hidden }) },
  { name: 'cincFlow', unit: 1, learningRate: 2e-3, build: (hidden) => cincFlow({ ...small, hidden }) },
  { name: 'fincFlow', unit: 1, learningRate: 2e-3, build: (hidden) => fincFlow({ ...small, hidden }) },
  { name: 'rqGlow', unit: 1, learningRate: 2e-3, build: (hidden) => rqGlow({ ...small, hidden }) },
  { name: 'jet', unit: 4, learningRate: 2e-3, build: (width) => jet({ ...small, width }) },
  {
    name: 'tarFlow',
    unit: 4,
    learningRate: 2e-3,
    build: (width) => tarFlow({ ...small, width, headWidth: width / 2 }),
  },
];
const GLOW_WIDTH = 32;

/** What a model came to. */
export interface TrainedModel {
  readonly model: string;
  readonly parameters: number;
  readonly steps: number;
  /** Bits a pixel of images held out, uniform noise. */
  readonly bits_per_dim: number;
  readonly train_bits_per_dim: number;
  readonly step_ms: number;
  /** One image of {@link DRAWS} drawn together. */
  readonly draw_ms: number;
}

/** Trains every model on the same images for the same number of steps. */
export async function trainModels(quick: boolean): Promise<TrainedModel[]> {
  const { train, test } = await digits(quick);
  const { parameterCount: target } = MODELS[0].build(GLOW_WIDTH);
  const results: TrainedModel[] = [];
  for (const model of quick ? MODELS.slice(0, 2) : MODELS)
    results.push(await trainModel(model, target, train, test, quick));
  return results;
}

async function digits(quick: boolean): Promise<{ train: ImageSet; test: ImageSet }> {
  const all = (await readMnist({ images: DIGITS })).pad(SIDE);
  const order = Array.from({ length: all.length }, (_, i) => i);
  const train = all.take(order.slice(TEST));
  return { train: quick ? train.take(1024) : train, test: all.take(order.slice(0, TEST)) };
}

async function trainModel(
  model: Model,
  target: number,
  train: ImageSet,
  test: ImageSet,
  quick: boolean,
): Promise<TrainedModel> {
  const flow = model.build(sizeFor(model, target));
  using dequantized = new DequantizedFlow({ flow });
  const { epochs, steps } = await fit(dequantized, train.images, {
    epochs: quick ? 1 : 30,
    batchSize: BATCH,
    learningRate: model.learningRate,
    schedule: cosine(),
    clipNorm: 100,
    allowConstant: true,
    callbacks: { onWarning: () => {} },
  });
  const seconds = median(epochs.map(({ rowsPerSecond }) => train.length / rowsPerSecond)) / (steps / epochs.length);
  const begin = performance.now();
  const draws = dequantized.sample(DRAWS, { seed: 'draws', temperature: 0.8 });
  const values = draws.dataSync();
  const drawMs = (performance.now() - begin) / DRAWS;
  mkdirSync(PICTURES, { recursive: true });
  writeFileSync(`${PICTURES}/${model.name}.png`, encode(imageGrid(values, { shape: draws.shape, scale: 2 })));
  draws.dispose();
  return {
    model: model.name,
    parameters: flow.parameterCount,
    steps,
    bits_per_dim: heldOut(dequantized, test),
    train_bits_per_dim: bitsPerDim(-epochs.at(-1)!.train, eventShape),
    step_ms: 1000 * seconds,
    draw_ms: drawMs,
  };
}

/** The size with which a model has the number of parameters nearest to `target`. */
function sizeFor({ build, unit }: Model, target: number): number {
  const count = (units: number) => {
    using flow = build(units * unit);
    return flow.parameterCount;
  };
  let units = 1;
  while (count(units + 1) < target) units++;
  return unit * (target - count(units) < count(units + 1) - target ? units : units + 1);
}

function heldOut(model: DequantizedFlow, test: ImageSet): number {
  let sum = 0;
  for (let begin = 0; begin < test.length; begin += 100) {
    sum += tf.tidy(() => {
      const part = test.images.subarray(begin * SIDE * SIDE, (begin + 100) * SIDE * SIDE);
      const v = tf.tensor(Float32Array.from(part), [100, ...eventShape]);
      return tf.sum(model.bitsPerDim(v, { samples: 1, seed: begin })).dataSync()[0];
    });
  }
  return sum / test.length;
}

/** The table of {@link trainModels}. */
export function trainingTable(results: readonly TrainedModel[]): string {
  const rows = results.map((result) => [
    result.model,
    result.parameters.toLocaleString('en'),
    String(result.steps),
    result.bits_per_dim.toFixed(3),
    result.train_bits_per_dim.toFixed(3),
    result.step_ms.toFixed(0),
    result.draw_ms.toFixed(1),
  ]);
  return `Digits, ${SIDE} x ${SIDE}, batches of ${BATCH}; draws of each are in ${PICTURES}/\n${formatTable([['', 'parameters', 'steps', 'bits/dim', 'training', 'ms a step', 'ms a draw'], ...rows])}`;
}
