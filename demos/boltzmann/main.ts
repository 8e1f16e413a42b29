/**
 * A Boltzmann generator from the beginning to the end: trains a flow on an energy, weighs its draws, and writes a page of results.
 * `npm run boltzmann -- [TARGET] [--quick] [--draws N] [--folder FOLDER]`. Killed and started again it goes on where it was.
 */
import { SingleBar } from 'cli-progress';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ready, type EpochRecord } from 'tfjs-flows';
import { energyChart, planeChart, profileChart, trainingChart, weightChart } from './charts.js';
import { compare } from './comparison.js';
import { figuresOf, linesOf } from './figures.js';
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
const asked = Number(options.draws);
if (!(name in TARGETS) || !(Number.isInteger(asked) && asked > 0)) {
  console.error(`Name a target: ${Object.keys(TARGETS).join(', ')}; --draws is a positive whole number. Got ${process.argv.slice(2).join(' ')}.`); // prettier-ignore
  process.exit(2);
}
const { quick } = options;
const target = TARGETS[name];
const draws = Math.min(asked, target.mostDraws?.(quick) ?? asked);
const folder = options.folder ?? join('models', 'boltzmann', name);
mkdirSync(folder, { recursive: true });
console.log(`Backend: ${backend}. ${reason}`);

using flow = target.build(quick);
const stages = target.stages(quick);
console.log(`${target.name}: ${flow.parameterCount} weights, ${stages.map((stage) => stage.name).join(', then ')}.`);

const began = performance.now();
const history = await trainWithProgress();
const seconds = (performance.now() - began) / 1000;
await flow.save(`file://${join(folder, 'model')}`);

const weighted = target.weigh ? await target.weigh(flow, draws, quick) : weigh(flow, target.energy, draws);
const other = await compare(target, flow, draws, quick);
const figures = figuresOf(target, weighted, other);
const study = await target.study?.({ flow, draws: weighted, reference: other && other.positions, quick });
const shown = { ...linesOf(target, figures, other), ...study?.shown, training: `${seconds.toFixed(0)} s` };
for (const [key, text] of Object.entries(shown)) console.log(`  ${key.padEnd(52)}${text}`);

const charts = [
  ...(target.plane ? [planeChart(target.energy, target.plane, weighted)] : []),
  ...(study?.charts ?? []),
  ...target.observables.map((observable) => profileChart(observable, weighted, other)),
  energyChart(weighted, other),
  weightChart(weighted),
  ...(history.size > 0 ? [trainingChart(history)] : []),
];
const summary = `A flow with ${flow.parameterCount} weights, trained by ${stages.map((stage) => stage.name).join(', then ')}; weights correct what it lacks.`;
const document = { target: name, parameters: flow.parameterCount, quick, training_seconds: seconds, ...figures, ...study?.figures }; // prettier-ignore
writeFileSync(join(folder, 'figures.json'), `${JSON.stringify(document, null, 2)}\n`);
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
  const epochs = await train(flow, target, { quick, checkpoint, onEpoch });
  bar?.stop();
  return epochs;
}
