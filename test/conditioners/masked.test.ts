import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { MaskedMLP, MaskedResidualNet, RandomStream } from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { jacobian, randomInputs } from './samples.js';

interface Case {
  readonly features: number;
  readonly width: number;
  readonly order?: readonly number[];
  readonly contextShape?: readonly number[];
}

const CASES: readonly Case[] = [
  { features: 1, width: 4 },
  { features: 2, width: 6, order: [1, 0] },
  { features: 3, width: 12, contextShape: [2] },
  { features: 7, width: 24, order: [...new RandomStream('order').permutation(7)] },
  { features: 7, width: 3 },
  { features: 7, width: 3, contextShape: [1] },
];

const PARAMETERS = 2;

function build(kind: 'MaskedMLP' | 'MaskedResidualNet', { features, width, ...rest }: Case) {
  const common = { features, parametersPerFeature: PARAMETERS, activation: 'tanh' as const, seed: 3, ...rest };
  return kind === 'MaskedMLP'
    ? new MaskedMLP({ ...common, hidden: [width, width + 1] })
    : new MaskedResidualNet({ ...common, hidden: width });
}

for (const kind of ['MaskedMLP', 'MaskedResidualNet'] as const) {
  onEachBackend(
    test,
    `${kind}: a feature's outputs depend on the features before it in the order, and on no other`,
    (t) => {
      for (const options of CASES) {
        const net = build(kind, options);
        const [x, context] = randomInputs(net, 1);
        const place = Array.from({ length: net.features }, (_, feature) => net.order.indexOf(feature));
        // A hidden unit of degree d passes on the first d features; there is one degree a unit, from 1 (0 with a context).
        const reach = Math.min(context ? options.width - 1 : options.width, net.features - 1);
        jacobian(net, x, context).forEach((row, output) => {
          const target = Math.floor(output / PARAMETERS);
          row.forEach((derivative, source) => {
            const allowed = place[source] < place[target] && place[source] < reach;
            t.is(
              derivative !== 0,
              allowed,
              `features ${net.features}: d output ${output} / d x${source} = ${derivative}`,
            );
          });
        });
        net.dispose();
      }
    },
  );

  onEachBackend(test, `${kind}: the context reaches the outputs of every feature, the first included`, (t) => {
    tf.tidy(() => {
      for (const features of [1, 4]) {
        const net = build(kind, { features, width: 8, contextShape: [2, 2] });
        const [x, context] = randomInputs(net, 1);
        const a = net.apply(x, context).dataSync();
        const b = net.apply(x, tf.add(context!, 1)).dataSync();
        a.forEach((value, output) => t.not(value, b[output], `output ${output}`));
        net.dispose();
      }
    });
  });
}

onEachBackend(
  test,
  'given degrees, outputs see just the features that some unit of a degree below theirs sees',
  (t) => {
    // Features 2, 0, 1, 3 in this order: units of degree 1 see feature 2, those of degree 3 features 2, 0 and 1.
    const common = { features: 4, parametersPerFeature: 1, activation: 'tanh' as const, order: [2, 0, 1, 3], seed: 4 };
    const nets = [
      new MaskedMLP({ ...common, hidden: [5], degrees: [[1, 3, 1, 3, 0]] }),
      new MaskedResidualNet({ ...common, hidden: 5, degrees: [3, 1, 0, 3, 1] }),
    ];
    const seen = [[2], [2], [], [0, 1, 2]];
    for (const net of nets) {
      const [x] = randomInputs(net, 1);
      const rows = jacobian(net, x, null);
      t.deepEqual(rows.map((row) => [...row].flatMap((derivative, i) => (derivative !== 0 ? [i] : []))), seen); // prettier-ignore
      net.dispose();
    }
  },
);
