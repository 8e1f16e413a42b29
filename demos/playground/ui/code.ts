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
  const ring = energy && target.id === 'ringOfWells';
  const build = `const flow = ${entry.factory}(${literal(optionsFor(entry, size, seed, energy))});`;
  const matching = !energy && entry.objective === 'flowMatching';
  const names = ['Adam', 'cosine', 'fit', entry.factory, 'ready'];
  if (matching) names.push('flowMatching', 'optimalTransport');
  if (target.kind === 'toy') names.push(target.id);
  if (energy) names.push('reverseKl', ring ? 'Energy' : ENERGY_CODE[target.id].slice(4).split('(')[0]);
  const options = [
    `steps: ${steps}`,
    'batchSize: 256',
    `seed: '${seed}'`,
    ...(matching ? ['objective: flowMatching({ coupling: optimalTransport() })'] : []),
    ...(energy ? [`objective: reverseKl(energy${entry.gradient ? `, { gradient: '${entry.gradient}' }` : ''})`] : []),
    `optimizer: new Adam({ learningRate: ${entry.learningRate} })`,
    'schedule: cosine({ floor: 0.02 })',
    'clipNorm: 10',
  ];
  return [
    ...(ring ? ["import * as tf from '@tensorflow/tfjs-core';"] : []),
    `import { ${names.sort((a, b) => a.toLowerCase().localeCompare(b.toLowerCase())).join(', ')} } from 'tfjs-flows';`,
    '',
    'await ready();',
    ...(ring ? RING_OF_WELLS : []),
    ...targetCode(target, seed),
    build,
    `await fit(flow, ${energy ? '' : 'rows, '}{`,
    ...options.map((option) => `  ${option},`),
    '});',
    "const draws = flow.sample(1000, { seed: 'draws' });",
    'const logProb = flow.logProb(draws); // nats',
  ].join('\n');
}

function targetCode(target: TargetSpec, seed: string): string[] {
  switch (target.kind) {
    case 'toy':
      return [`const rows = ${target.id}(20_000, { seed: '${seed}/target' });`];
    case 'energy': {
      const { formula } = ENERGIES.find(({ id }) => id === target.id)!;
      return [`const energy = ${ENERGY_CODE[target.id]}; // ${formula}`];
    }
    case 'table':
    case 'picture':
      return [`const rows = ...; // [n, 2]: ${target.title}`];
  }
}

const RING_OF_WELLS = [
  'class RingOfWells extends Energy {',
  '  eventShape = [2];',
  '  evaluate(x) {',
  '    const r = tf.norm(x, 2, 1);',
  '    const cosine = tf.div(tf.squeeze(tf.slice(x, [0, 0], [-1, 1]), [1]), r);',
  '    const triple = tf.mul(cosine, tf.sub(tf.mul(4, tf.square(cosine)), 3)); // cos 3φ',
  '    return tf.sub(tf.mul(0.5, tf.square(tf.div(tf.sub(r, 2), 0.3))), tf.sub(tf.mul(2, tf.square(triple)), 1));',
  '  }',
  '  getConfig() {',
  '    return {};',
  '  }',
  '}',
];

/** A value as one would write it. */
function literal(value: unknown): string {
  if (typeof value === 'string') return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `{ ${Object.entries(value).map(([key, inner]) => `${key}: ${literal(inner)}`).join(', ')} }`; // prettier-ignore
}
