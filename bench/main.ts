/** `npm run bench -- NAME [--quick] [--json] [--threads N] [--beside COMMAND]` */
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { benchBeside } from './beside.js';
import { benchCatalogue } from './catalogue.js';
import { benchBoltzmann } from './boltzmann.js';
import { benchCnf } from './cnf.js';
import { benchFerumal } from './ferumal.js';
import { benchIceFlow } from './ice-flow.js';
import { benchIceReference } from './ice-reference.js';
import { benchImages } from './images.js';
import { describeMachine } from './machine.js';
import { benchKernels } from './kernels.js';
import { benchOctupole } from './octupole.js';
import { benchScaling } from './scaling.js';
import { benchService } from './service.js';
import { benchSize } from './size.js';
import { benchSmooth } from './smooth.js';
import { benchToys } from './toys.js';
import { benchWorkload, WORKLOADS } from './workloads.js';

/** What a bench gives: one JSON document, and the same as a table for people. */
export interface BenchResult {
  readonly json: object;
  readonly table: string;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    threads: { type: 'string' },
    beside: { type: 'string' },
  },
});
const threads = values.threads === undefined ? undefined : Number(values.threads);
const { beside } = values;

const workload = (id: string) => (quick: boolean) =>
  beside === undefined ? benchWorkload(id, quick, threads) : Promise.resolve(benchBeside(id, beside, quick));

const BENCHES: Record<string, (quick: boolean) => Promise<BenchResult>> = {
  ...Object.fromEntries(Object.keys(WORKLOADS).map((id) => [id, workload(id)])),
  catalogue: benchCatalogue,
  boltzmann: benchBoltzmann,
  cnf: benchCnf,
  ferumal: benchFerumal,
  'ice-flow': benchIceFlow,
  'ice-reference': benchIceReference,
  images: benchImages,
  octupole: benchOctupole,
  scaling: benchScaling,
  service: benchService,
  size: benchSize,
  smooth: benchSmooth,
  toys: benchToys,
  // What drives a browser takes memory, which other benches report.
  gpu: async (quick) => (await import('./gpu.js')).benchGpu(quick),
  playground: async (quick) => (await import('./playground.js')).benchPlayground(quick),
  kernels: benchKernels,
};

/** Names for several benches, one after the other. */
const SUITES: Record<string, readonly string[]> = { rigid: ['octupole', 'ice-flow', 'smooth'] };

const asked = positionals[0] ?? 'none';
const names = SUITES[asked] ?? (asked in BENCHES ? [asked] : []);
if (names.length === 0) {
  console.error(`Name a bench: ${[...Object.keys(BENCHES), ...Object.keys(SUITES)].join(', ')}. Got ${asked}.`);
  process.exit(2);
}
if (!values.json) {
  console.log(describeMachine());
  if (values.quick) console.log('Quick run: few repetitions, wide error bars.');
}
const documents: Record<string, object> = {};
for (const name of names) {
  const { json, table } = await BENCHES[name](values.quick);
  documents[name] = json;
  if (!values.json) console.log(`\n${table}`);
  if (!values.quick) keep(name, json);
}
if (values.json) console.log(JSON.stringify(names.length === 1 ? documents[names[0]] : documents));

function keep(name: string, json: object): void {
  mkdirSync('bench/results', { recursive: true });
  const file = beside === undefined ? name : `${name}-beside-${(json as { beside: string }).beside}`;
  const result = { machine: describeMachine(), ...json };
  writeFileSync(`bench/results/${file}.json`, `${JSON.stringify(result, null, 2)}\n`);
}
