import test from 'ava';
import {
  Conv,
  ConvNet,
  Dense,
  MaskedMLP,
  MaskedResidualNet,
  MLP,
  ResidualConvNet,
  ResidualNet,
} from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';

/** Scalars of one dense layer. */
const layer = (inputs: number, outputs: number) => (inputs + 1) * outputs;

/** Scalars of one convolutional layer. */
const conv = (size: number, inputs: number, outputs: number) => (size ** 2 * inputs + 1) * outputs;

onEachBackend(test, 'parameter counts are those of the layers', (t) => {
  const table = [
    [new Dense({ inputs: 3, outputs: 4 }), layer(3, 4)],
    [new MLP({ inputs: 3, outputs: 4, hidden: [] }), layer(3, 4)],
    [new MLP({ inputs: 3, outputs: 4, hidden: [5, 6] }), layer(3, 5) + layer(5, 6) + layer(6, 4)],
    [new MLP({ inputs: 3, outputs: 4, hidden: [5], contextShape: [2, 3] }), layer(9, 5) + layer(5, 4)],
    [new MLP({ inputs: 0, outputs: 4, hidden: [5], contextShape: [2] }), layer(2, 5) + layer(5, 4)],
    [new ResidualNet({ inputs: 3, outputs: 4, hidden: 5 }), layer(3, 5) + 4 * layer(5, 5) + layer(5, 4)],
    [
      new ResidualNet({ inputs: 3, outputs: 4, hidden: 5, blocks: 1, contextShape: [2] }),
      layer(5, 5) + 2 * layer(5, 5) + layer(2, 5) + layer(5, 4),
    ],
    [
      new MaskedMLP({ features: 3, parametersPerFeature: 2, hidden: [5, 6], contextShape: [2] }),
      layer(3, 5) + layer(2, 5) + layer(5, 6) + layer(6, 6),
    ],
    [
      new MaskedResidualNet({ features: 3, parametersPerFeature: 2, hidden: 5, blocks: 2, contextShape: [2] }),
      layer(3, 5) + layer(2, 5) + 2 * (2 * layer(5, 5) + layer(2, 5)) + layer(5, 6),
    ],
    [new Conv({ inputs: 3, outputs: 4, normalisation: 'weight', logScale: true }), conv(3, 3, 4) + 4 + 4],
    [new ConvNet({ inputs: 3, outputs: 4, hidden: [], contextShape: [2] }), conv(3, 3, 4) + layer(2, 4)],
    [new ConvNet({ inputs: 3, outputs: 4, hidden: [5, 6] }), conv(3, 3, 5) + conv(1, 5, 6) + conv(3, 6, 4)],
    [
      new ConvNet({ inputs: 3, outputs: 4, hidden: [5], contextShape: [2], kernelSizes: [5, 1], logScale: true }),
      conv(5, 3, 5) + layer(2, 5) + conv(1, 5, 4) + 4,
    ],
    [
      new ResidualConvNet({ inputs: 3, outputs: 4, hidden: 5, contextShape: [2] }),
      conv(1, 3, 5) + layer(2, 5) + 2 * (2 * conv(3, 5, 5) + layer(2, 5)) + conv(1, 5, 4),
    ],
    [
      new ResidualConvNet({ inputs: 3, outputs: 4, hidden: 5, blocks: 1, normalisation: 'fixup' }),
      conv(1, 3, 5) + 2 * conv(3, 5, 5) + 1 + conv(1, 5, 4),
    ],
  ] as const;
  for (const [net, count] of table) {
    t.is(net.parameterCount, count, net.className);
    net.dispose();
  }
});

onEachBackend(test, 'hidden width is that of the last hidden layer', (t) => {
  t.is(new MLP({ inputs: 3, outputs: 4, hidden: [5, 6] }).hiddenWidth, 6);
  t.is(new ResidualNet({ inputs: 3, outputs: 4, hidden: 5 }).hiddenWidth, 5);
  t.is(new MaskedMLP({ features: 3, parametersPerFeature: 4, hidden: [5, 7] }).hiddenWidth, 7);
  t.is(new MaskedResidualNet({ features: 3, parametersPerFeature: 4, hidden: 8 }).hiddenWidth, 8);
});
