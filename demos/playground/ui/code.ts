import { flowEntry, optionsFor, type FlowId, type SizeId } from '../catalogue/flows.js';
import { ENERGIES } from '../catalogue/targets.js';
import type { TargetSpec } from '../protocol.js';

/** What a run is made of, for its code. */
export interface Recipe {
  readonly target: TargetSpec;
  readonly flow: FlowId;
  readonly size: SizeId;
  readonly seed: string;
  readonly steps: number;
}

const ENERGY_CODE = {
  doubleWell: 'new DoubleWell({ dims: 2 })',
  muellerBrown: 'new MuellerBrown({ scale: 0.05, offset: 146.7 })',
  ringOfWells: 'new RingOfWells()',
} as const;

/** The program that trains what is on the screen. */
export function codeOf({ target, flow, size, seed, steps }: Recipe): string {
  const entry = flowEntry(flow);
  const energy = target.kind === 'energy';
  const build = `const flow = ${entry.factory}(${literal(optionsFor(entry, size, seed, energy))});`;
  const matching = !energy && entry.objective === 'flowMatching';
  const names = ['Adam', 'cosine', 'fit', entry.factory, 'ready'];
  if (matching) names.push('flowMatching', 'optimalTransport');
  if (target.kind === 'toy') names.push(target.id);
  if (energy && target.id !== 'ringOfWells') names.push(ENERGY_CODE[target.id].slice(4).split('(')[0]);
  const options = [
    `steps: ${steps}`,
    'batchSize: 256',
    `seed: '${seed}'`,
    ...(matching ? ['objective: flowMatching({ coupling: optimalTransport() })'] : []),
    ...(energy ? ['objective: reverseDivergence'] : []),
    `optimizer: new Adam({ learningRate: ${entry.learningRate} })`,
    'schedule: cosine({ floor: 0.02 })',
    'clipNorm: 10',
  ];
  return [
    ...(energy ? ["import * as tf from '@tensorflow/tfjs-core';"] : []),
    `import { ${names.sort((a, b) => a.toLowerCase().localeCompare(b.toLowerCase())).join(', ')} } from 'tfjs-flows';`,
    '',
    'await ready();',
    ...rowsCode(target, seed),
    build,
    ...(energy ? DIVERGENCE : []),
    'await fit(flow, rows, {',
    ...options.map((option) => `  ${option},`),
    '});',
    "const draws = flow.sample(1000, { seed: 'draws' });",
    'const logProb = flow.logProb(draws); // nats',
  ].join('\n');
}

function rowsCode(target: TargetSpec, seed: string): string[] {
  switch (target.kind) {
    case 'toy':
      return [`const rows = tf.tensor2d(${target.id}(20_000, { seed: '${seed}/target' }), [20_000, 2]);`];
    case 'energy': {
      const { formula } = ENERGIES.find(({ id }) => id === target.id)!;
      return [
        `const energy = ${ENERGY_CODE[target.id]}; // ${formula}`,
        'const rows = Normal.standard([2]).sample(20_000, { seed: 0 }); // only their number matters',
      ];
    }
    case 'table':
    case 'picture':
      return [`const rows = ...; // [n, 2]: ${target.title}`];
  }
}

const DIVERGENCE = [
  '// KL(q ‖ p) - log Z, over draws of the flow alone.',
  'const reverseDivergence = Object.assign(',
  '  (model, { noise }) => {',
  '    const [x, logDet] = model.bijector.forwardAndLogDet(noise);',
  '    return tf.mean(tf.add(tf.sub(model.base.logProb(noise), logDet), energy.energy(x)));',
  '  },',
  '  { rowwise: true, noise: (_, n, stream) => stream.normalTensor([n, 2]) },',
  ');',
];

/** A value as one would write it. */
function literal(value: unknown): string {
  if (typeof value === 'string') return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `{ ${Object.entries(value).map(([key, inner]) => `${key}: ${literal(inner)}`).join(', ')} }`; // prettier-ignore
}
