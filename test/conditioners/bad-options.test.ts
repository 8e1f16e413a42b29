import test from 'ava';
import {
  ConvNet,
  FlowConfigError,
  MaskedMLP,
  MaskedResidualNet,
  MLP,
  ResidualConvNet,
  ResidualNet,
} from '../../src/index.js';

const MLP_OK = { inputs: 2, outputs: 3, hidden: [4] };
const RES_OK = { inputs: 2, outputs: 3, hidden: 4 };
const MADE_OK = { features: 2, parametersPerFeature: 3, hidden: [4] };
const RESMADE_OK = { features: 2, parametersPerFeature: 3, hidden: 4 };

/** What is refused: class, a valid set of options, the change that spoils it, the start of the message. */
const TABLE = [
  [MLP, MLP_OK, { inputs: 0 }, 'MLP.inputs: expected a positive integer, got 0.'],
  [MLP, MLP_OK, { inputs: -1, contextShape: [2] }, 'MLP.inputs: expected an integer of at least 0, got -1.'],
  [MLP, MLP_OK, { outputs: 0 }, 'MLP.outputs: expected a positive integer, got 0.'],
  [MLP, MLP_OK, { hidden: [4, 0] }, 'MLP.hidden[1]: expected a positive integer, got 0.'],
  [MLP, MLP_OK, { hidden: 4 }, 'MLP.hidden: expected a list of layer widths, such as [64, 64], got 4.'],
  [MLP, MLP_OK, { activation: 'swish' }, 'MLP.activation: expected one of identity, relu'],
  [MLP, MLP_OK, { dropout: 1 }, 'MLP.dropout: expected a probability in [0, 1), got 1.'],
  [MLP, MLP_OK, { dropout: NaN }, 'MLP.dropout: expected a probability in [0, 1), got NaN.'],
  [MLP, MLP_OK, { contextShape: [0] }, 'MLP.contextShape: expected a shape of positive integers, or null, got [0].'],
  [MLP, MLP_OK, { contextShape: 2 }, 'MLP.contextShape: expected a shape of positive integers, or null, got 2.'],
  [MLP, MLP_OK, { initialOutput: [0] }, 'MLP.initialOutput: expected 3 finite numbers, one an output, got 1.'],
  [ResidualNet, RES_OK, { hidden: [4] }, 'ResidualNet.hidden: expected a positive integer, got [4].'],
  [ResidualNet, RES_OK, { hidden: 0 }, 'ResidualNet.hidden: expected a positive integer, got 0.'],
  [ResidualNet, RES_OK, { blocks: -1 }, 'ResidualNet.blocks: expected an integer of at least 0, got -1.'],
  [ResidualNet, RES_OK, { dropout: -0.1 }, 'ResidualNet.dropout: expected a probability in [0, 1), got -0.1.'],
  [MaskedMLP, MADE_OK, { features: 0 }, 'MaskedMLP.features: expected a positive integer, got 0.'],
  [MaskedMLP, MADE_OK, { parametersPerFeature: 0.5 }, 'MaskedMLP.parametersPerFeature: expected a positive integer'],
  [MaskedMLP, MADE_OK, { hidden: [] }, 'MaskedMLP.hidden: expected at least one layer width, got none.'],
  [MaskedMLP, MADE_OK, { order: [0, 0] }, 'MaskedMLP.order: expected a rearrangement of 0 ... 1, got [0, 0].'],
  [MaskedMLP, MADE_OK, { order: [0] }, 'MaskedMLP.order: expected a rearrangement of 0 ... 1, got [0].'],
  [MaskedMLP, MADE_OK, { degrees: [] }, 'MaskedMLP.degrees: expected a degree for each unit of layers of 4, got none'],
  [MaskedMLP, MADE_OK, { degrees: [[0, 1, 2, 0]] }, 'MaskedMLP.degrees: expected degrees from 0 to 1, got 2.'],
  [MaskedMLP, MADE_OK, { initialOutput: [0, 0, 0] }, 'MaskedMLP.initialOutput: expected 6 finite numbers'],
  [MaskedResidualNet, RESMADE_OK, { hidden: 0 }, 'MaskedResidualNet.hidden: expected a positive integer, got 0.'],
  [MaskedResidualNet, RESMADE_OK, { order: [1, 2] }, 'MaskedResidualNet.order: expected a rearrangement of 0 ... 1'],
  [MaskedResidualNet, RESMADE_OK, { degrees: [1, 0.5, 0, 1] }, 'MaskedResidualNet.degrees: expected degrees from 0 to'],
  [MaskedResidualNet, RESMADE_OK, { degrees: [1, 0] }, 'MaskedResidualNet.degrees: expected a degree for each unit'],
  [MaskedResidualNet, RESMADE_OK, { blocks: 0.5 }, 'MaskedResidualNet.blocks: expected an integer of at least 0'],
  [ConvNet, MLP_OK, { inputs: 0 }, 'ConvNet.inputs: expected a positive integer, got 0.'],
  [ConvNet, MLP_OK, { inputs: 0, contextShape: [2] }, 'ConvNet.inputs: expected a positive integer, got 0.'],
  [ConvNet, MLP_OK, { hidden: 4 }, 'ConvNet.hidden: expected a list of layer widths, such as [64, 64], got 4.'],
  [ConvNet, MLP_OK, { kernelSizes: [3] }, 'ConvNet.kernelSizes: expected 2 filter sizes, one a layer, got 1.'],
  [ConvNet, MLP_OK, { kernelSizes: 3 }, 'ConvNet.kernelSizes: expected 2 filter sizes, one a layer, got 3.'],
  [ConvNet, MLP_OK, { kernelSizes: [3, 2] }, 'ConvNet.kernelSizes[1]: expected an odd positive integer, got 2.'],
  [ConvNet, MLP_OK, { normalisation: 'fixup' }, 'ConvNet.normalisation: expected one of none, weight, spectral, got'],
  [ConvNet, MLP_OK, { dropout: 1 }, 'ConvNet.dropout: expected a probability in [0, 1), got 1.'],
  [ResidualConvNet, RES_OK, { hidden: [4] }, 'ResidualConvNet.hidden: expected a positive integer, got [4].'],
  [ResidualConvNet, RES_OK, { blocks: -1 }, 'ResidualConvNet.blocks: expected an integer of at least 0, got -1.'],
  [ResidualConvNet, RES_OK, { kernelSize: 4 }, 'ResidualConvNet.kernelSize: expected an odd positive integer, got 4.'],
  [ResidualConvNet, RES_OK, { normalisation: 'batch' }, 'ResidualConvNet.normalisation: expected one of none, weight,'],
  [ResidualConvNet, RES_OK, { initialOutput: [0] }, 'ResidualConvNet.initialOutput: expected 3 finite numbers'],
] as const;

for (const [Class, good, change, message] of TABLE) {
  test(`${Class.className} refuses ${JSON.stringify(change)}: ${message}`, (t) => {
    const error = t.throws(() => new Class({ ...good, ...change } as never), { instanceOf: FlowConfigError });
    t.true(error.message.startsWith(message), error.message);
  });
}
