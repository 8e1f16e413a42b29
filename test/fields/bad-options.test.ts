import test from 'ava';
import {
  EquivariantField,
  FlowConfigError,
  MLPField,
  PotentialField,
  RadialField,
  ResidualField,
} from '../../src/index.js';

const MLP_OK = { dims: 2, hidden: [4] };
const RES_OK = { dims: 2, hidden: 4 };
const POTENTIAL_OK = { dims: 2, hidden: 4 };
const CLOUD_OK = { points: 3 };

/** What is refused: class, a valid set of options, the change that spoils it, the start of the message. */
const TABLE = [
  [MLPField, MLP_OK, { dims: 0 }, 'MLPField.dims: expected a positive integer, got 0.'],
  [MLPField, MLP_OK, { hidden: [4, 0] }, 'MLPField.hidden[1]: expected a positive integer, got 0.'],
  [MLPField, MLP_OK, { hidden: 4 }, 'MLPField.hidden: expected a list of layer widths, such as [64, 64], got 4.'],
  [MLPField, MLP_OK, { activation: 'swish' }, 'MLPField.activation: expected one of identity, relu'],
  [MLPField, MLP_OK, { time: 'film' }, 'MLPField.time: expected one of concat, concatAll, gated, concatSquash, got'],
  [MLPField, MLP_OK, { contextShape: [0] }, 'MLPField.contextShape: expected a shape of positive integers, or null'],
  [MLPField, MLP_OK, { initialOutput: [0, 0] }, 'MLPField.initialOutput: expected "random" or "zero", got [0,0].'],
  [ResidualField, RES_OK, { dims: 1.5 }, 'ResidualField.dims: expected a positive integer, got 1.5.'],
  [ResidualField, RES_OK, { hidden: [4] }, 'ResidualField.hidden: expected a positive integer, got [4].'],
  [ResidualField, RES_OK, { blocks: -1 }, 'ResidualField.blocks: expected an integer of at least 0, got -1.'],
  [ResidualField, RES_OK, { activation: 'swish' }, 'ResidualField.activation: expected one of identity, relu'],
  [ResidualField, RES_OK, { time: 'film' }, 'ResidualField.time: expected one of concat'],
  [ResidualField, RES_OK, { contextShape: 2 }, 'ResidualField.contextShape: expected a shape of positive integers'],
  [ResidualField, RES_OK, { initialOutput: null }, 'ResidualField.initialOutput: expected "random" or "zero"'],
  [PotentialField, POTENTIAL_OK, { dims: -1 }, 'PotentialField.dims: expected a positive integer, got -1.'],
  [PotentialField, POTENTIAL_OK, { hidden: 0 }, 'PotentialField.hidden: expected a positive integer, got 0.'],
  [PotentialField, POTENTIAL_OK, { layers: 0 }, 'PotentialField.layers: expected a positive integer, got 0.'],
  [PotentialField, POTENTIAL_OK, { rank: 0 }, 'PotentialField.rank: expected a positive integer, got 0.'],
  [PotentialField, POTENTIAL_OK, { alpha: 0 }, 'PotentialField.alpha: expected a positive number, got 0.'],
  [
    PotentialField,
    POTENTIAL_OK,
    { alpha: Infinity },
    'PotentialField.alpha: expected a positive number, got Infinity.',
  ],
  [PotentialField, POTENTIAL_OK, { contextShape: [1.5] }, 'PotentialField.contextShape: expected a shape of positive'],
  [EquivariantField, CLOUD_OK, { points: 1 }, 'EquivariantField.points: expected an integer of at least 2, got 1.'],
  [EquivariantField, CLOUD_OK, { spatialDims: 0 }, 'EquivariantField.spatialDims: expected a positive integer, got 0.'],
  [EquivariantField, CLOUD_OK, { hidden: 0 }, 'EquivariantField.hidden: expected a positive integer, got 0.'],
  [EquivariantField, CLOUD_OK, { layers: 0 }, 'EquivariantField.layers: expected a positive integer, got 0.'],
  [
    EquivariantField,
    CLOUD_OK,
    { types: [0, 1] },
    'EquivariantField.types: expected 3 whole numbers from 0, one a point',
  ],
  [EquivariantField, CLOUD_OK, { types: [0, 1, -1] }, 'EquivariantField.types: expected 3 whole numbers from 0'],
  [EquivariantField, CLOUD_OK, { activation: 'swish' }, 'EquivariantField.activation: expected one of identity, relu'],
  [EquivariantField, CLOUD_OK, { initialOutput: 0 }, 'EquivariantField.initialOutput: expected "random" or "zero"'],
  [RadialField, CLOUD_OK, { points: 1 }, 'RadialField.points: expected an integer of at least 2, got 1.'],
  [RadialField, CLOUD_OK, { spatialDims: 0 }, 'RadialField.spatialDims: expected a positive integer, got 0.'],
  [RadialField, CLOUD_OK, { radialBases: 1 }, 'RadialField.radialBases: expected an integer of at least 2, got 1.'],
  [RadialField, CLOUD_OK, { timeBases: 1 }, 'RadialField.timeBases: expected an integer of at least 2, got 1.'],
  [RadialField, CLOUD_OK, { reach: 0 }, 'RadialField.reach: expected a positive number, got 0.'],
  [RadialField, CLOUD_OK, { duration: NaN }, 'RadialField.duration: expected a positive number, got NaN.'],
  [RadialField, CLOUD_OK, { initialOutput: true }, 'RadialField.initialOutput: expected "random" or "zero"'],
] as const;

for (const [Class, good, change, message] of TABLE) {
  test(`${Class.name} refuses ${JSON.stringify(change)}: ${message}`, (t) => {
    const error = t.throws(() => new Class({ ...good, ...change } as never), { instanceOf: FlowConfigError });
    t.true(error.message.startsWith(message), error.message);
  });
}
