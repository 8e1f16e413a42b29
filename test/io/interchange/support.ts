import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { importWeights, type Flow, type WeightMap } from '../../../src/index.js';

const FOLDER = join('test', 'golden', 'interchange');

/** The models of other libraries that there are. */
export const GOLDEN_NAMES = readdirSync(FOLDER).flatMap((file) => /^(.*)\.values\.json$/.exec(file)?.[1] ?? []);

/** A model of another library, as its snippet wrote it, with densities that the library itself found. */
export interface GoldenModel {
  readonly map: WeightMap;
  readonly weights: Uint8Array;
  readonly x: number[][];
  readonly context: number[][] | null;
  readonly logProb: number[];
}

export function goldenModel(name: string): GoldenModel {
  const read = (ending: string) => readFileSync(join(FOLDER, `${name}.${ending}`));
  const {
    x,
    context,
    log_prob: logProb,
  } = JSON.parse(read('values.json').toString()) as {
    x: number[][];
    context: number[][] | null;
    log_prob: number[];
  };
  const map = JSON.parse(read('json').toString()) as WeightMap;
  return { map, weights: read('safetensors'), x, context, logProb };
}

/** The largest distance between densities of a flow and those expected, of 1 or relative to their size. */
export function distance(flow: Flow, { x, context, logProb }: Pick<GoldenModel, 'x' | 'context' | 'logProb'>): number {
  return tf.tidy(() => {
    const found = flow.logProb(tf.tensor2d(x), { context: context && tf.tensor2d(context) }).dataSync();
    return Math.max(...logProb.map((value, i) => Math.abs(value - found[i]) / Math.max(1, Math.abs(value))));
  });
}

/** A flow of a golden model, freed by the caller. */
export function importGolden({ map, weights }: GoldenModel): Flow {
  return importWeights({ map, weights });
}
