import { ready } from 'tfjs-flows';
import { inversionTable, timeInversions } from './images-inversion.js';
import { trainingTable, trainModels } from './images-training.js';
import type { BenchResult } from './main.js';

/** Flows of images: bits a dimension at equal parameters and steps, and what inverting their convolutions takes. */
export async function benchImages(quick: boolean): Promise<BenchResult> {
  await ready();
  const inversion = await timeInversions(quick);
  const training = await trainModels(quick);
  return {
    json: { lib: 'tfjs-flows', bench: 'images', quick, training, inversion },
    table: [trainingTable(training), inversionTable(inversion)].join('\n\n'),
  };
}
