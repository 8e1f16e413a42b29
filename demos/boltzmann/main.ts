/**
 * A Boltzmann generator from the beginning to the end: trains a flow on an energy, weighs its draws, and writes a page of results.
 * `npm run boltzmann -- [TARGET] [--quick] [--draws N] [--folder FOLDER]`. Killed and started again it goes on where it was.
 */
import * as tf from '@tensorflow/tfjs-core';
import { SingleBar } from 'cli-progress';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  effectiveSampleSize,
  forwardEffectiveSampleSize,
  freeEnergyPerturbation,
  paretoSmoothedLogWeights,
  ready,
  type EpochRecord,
} from 'tfjs-flows';
import { energyChart, planeChart, profileChart, trainingChart, weightChart } from './charts.js';
import { OBSERVABLES, PLANES } from './observables.js';
import { orientationChart } from './orientations.js';
import { renderPage } from './page.js';
import { train } from './train.js';
import { weigh } from './weigh.js';

const { backend, reason } = await ready();
const { TARGETS } = await import('./targets/index.js');

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, draws: { type: 'string', default: '10000' }, folder: { type: 'string' } },
}); // prettier-ignore
const name = positionals[0] ?? 'double-well';
const draws = Number(options.draws);
if (!(name in TARGETS) || !(Number.isInteger(draws) && draws > 0)) {
  console.error(`Name a target: ${Object.keys(TARGETS).join(', ')}; --draws is a positive whole number. Got ${process.argv.slice(2).join(' ')}.`); // prettier-ignore
  process.exit(2);
}
const target = TARGETS[name];
const folder = options.folder ?? join('models', 'boltzmann', name);
mkdirSync(folder, { recursive: true });
console.log(`Backend: ${backend}. ${reason}`);

using flow = target.build();
const stages = target.stages(options.quick);
console.log(`${target.name}: ${flow.parameterCount} weights, ${stages.map((stage) => stage.name).join(', then ')}.`);

const began = performance.now();
const history = await trainWithProgress();
const seconds = (performance.now() - began) / 1000;
await flow.save(`file://${join(folder, 'model')}`);

const weighted = weigh(flow, target.energy, draws);
const exact = target.exact ? tf.tidy(() => describeExact(target.exact!(draws))) : null;
const { value, standardError } = freeEnergyPerturbation(weighted.logWeights);
const figures = {
  target: name,
  parameters: flow.parameterCount,
  quick: options.quick,
  training_seconds: seconds,
  draws,
  effective_sample_size: effectiveSampleSize(weighted.logWeights) / draws,
  forward_effective_sample_size: exact && forwardEffectiveSampleSize(exact.logWeights),
  pareto_shape: paretoSmoothedLogWeights(weighted.logWeights).shape,
  free_energy: value,
  free_energy_standard_error: standardError,
  free_energy_error: target.logPartition === null ? null : value + target.logPartition,
};
const percent = (share: number | null) => (share === null ? 'no exact draws' : `${(100 * share).toFixed(1)} %`);
const shown = {
  'effective sample size': `${percent(figures.effective_sample_size)} of ${draws} draws`,
  '… as seen from exact draws': percent(figures.forward_effective_sample_size),
  'tail of the weights, k̂': figures.pareto_shape.toFixed(2),
  '-log Z': `${value.toFixed(3)} ± ${standardError.toFixed(3)} kT`,
  '… its error': figures.free_energy_error === null ? 'no exact value' : `${figures.free_energy_error.toFixed(3)} kT`,
  'training': `${seconds.toFixed(0)} s`,
}; // prettier-ignore
for (const [key, text] of Object.entries(shown)) console.log(`  ${key.padEnd(30)}${text}`);

const plane = PLANES[target.name] as (typeof PLANES)[string] | undefined;
const charts = [
  ...(plane ? [planeChart(target.energy, plane, weighted)] : []),
  ...(target.name === 'octupole' ? [orientationChart(weighted)] : []),
  profileChart(OBSERVABLES[target.name], weighted, exact?.positions ?? null),
  energyChart(weighted, exact?.energies ?? null),
  weightChart(weighted),
  ...(history.size > 0 ? [trainingChart(history)] : []),
];
const summary = `A flow with ${flow.parameterCount} weights, trained by ${stages.map((stage) => stage.name).join(', then ')}; weights correct what it lacks.`;
writeFileSync(join(folder, 'figures.json'), `${JSON.stringify(figures, null, 2)}\n`);
writeFileSync(join(folder, 'index.html'), renderPage(`Boltzmann generator: ${target.name}`, summary, shown, charts));
copyFileSync(createRequire(import.meta.url).resolve('plotly.js/dist/plotly-cartesian.min.js'), join(folder, 'plotly.min.js')); // prettier-ignore
console.log(`Open ${join(folder, 'index.html')}; delete ${folder} to train anew.`);

/** Trains with a progress bar on a terminal, or some lines elsewhere. */
async function trainWithProgress() {
  const total = stages.reduce((sum, { options: { steps = 0 } }) => sum + steps, 0);
  const bar = process.stdout.isTTY
    ? new SingleBar({ format: '{stage} {bar} step {value} of {total} | loss {loss}', hideCursor: true })
    : null;
  bar?.start(total, 0, { stage: stages[0].name, loss: '-' });
  const onEpoch = (stage: string, epoch: EpochRecord) => {
    const before = stages.slice(0, stages.findIndex((other) => other.name === stage)).reduce((sum, { options: { steps = 0 } }) => sum + steps, 0); // prettier-ignore
    bar?.update(before + epoch.steps, { stage, loss: epoch.train.toFixed(3) });
    if (!bar && epoch.epoch % 10 === 0) console.log(`${stage}, step ${epoch.steps}: loss ${epoch.train.toFixed(3)}`);
  };
  const checkpoint = `file://${join(folder, 'checkpoint')}`;
  const epochs = await train(flow, target, { quick: options.quick, checkpoint, onEpoch });
  bar?.stop();
  return epochs;
}

function describeExact(x: tf.Tensor) {
  const u = target.energy.energy(x);
  return {
    positions: x.dataSync<'float32'>(),
    energies: u.dataSync<'float32'>(),
    logWeights: tf.neg(tf.add(u, flow.logProb(x))).dataSync<'float32'>(),
  };
}
