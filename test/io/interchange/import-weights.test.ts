import test from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { decodeSafetensors, encodeSafetensors, FlowFileError, importWeights, ready } from '../../../src/index.js';
import { distance, GOLDEN_NAMES, goldenModel, importGolden, type GoldenModel } from './support.js';

/** Models of nflows, zuko and normflows have the densities here that they have there. */

test.before(() => ready({ backend: 'wasm' }));

for (const name of GOLDEN_NAMES) {
  test(`${name}: densities are those of the library that it comes from`, (t) => {
    const before = tf.memory().numTensors;
    const model = goldenModel(name);
    const flow = importGolden(model);
    t.true(distance(flow, model) < 1e-5, `${distance(flow, model)}`);
    flow.dispose();
    t.is(tf.memory().numTensors, before);
  });
}

const SPLINES = 'nflows-spline-coupling';

/** A golden model with one thing in its map changed. */
function edited(name: string, edit: (map: EditableMap) => void): GoldenModel {
  const model = goldenModel(name);
  const map = structuredClone(model.map) as unknown as EditableMap;
  edit(map);
  return { ...model, map: map as never };
}

interface EditableMap {
  [key: string]: unknown;
  layers: Record<string, unknown>[];
}

const BAD_MAPS: readonly [what: string, name: string, edit: (map: EditableMap) => void, message: RegExp][] = [
  [
    'of another format',
    SPLINES,
    (map) => (map.version = 2),
    /format "tfjs-flows-weights", version 1, got .* version 2/,
  ],
  ['of an unknown library', SPLINES, (map) => (map.library = 'pyro'), /got 'pyro'/],
  ['without layers', SPLINES, (map) => (map.layers = []), /no layers/],
  ['with an unknown layer', SPLINES, (map) => (map.layers[1].class = 'BatchNorm'), /layer 1 .*got "BatchNorm"/],
  ['with a list for a number', SPLINES, (map) => (map.layers[0].bins = [4]), /a number as bins in layer 0 of the map, got \[4\]/], // prettier-ignore
  ['with fractional bins', SPLINES, (map) => (map.layers[0].bins = 4.5), /a whole number as bins in layer 0/],
  ['with other tails', SPLINES, (map) => (map.layers[0].tails = 'no'), /a spline with no tails/],
  [
    'with a mask of another length',
    SPLINES,
    (map) => (map.layers[0].mask = [1, 0]),
    /a list of 4 whole numbers as mask/,
  ],
  ['with a mask that moves all', SPLINES, (map) => (map.layers[0].mask = [1, 1, 1, 1]), /all or nothing/],
  ['with no network', SPLINES, (map) => delete map.layers[0].net, /an object in layer 0\.net of the map, got nothing/],
  ['with an unknown activation', SPLINES, (map) => ((map.layers[0].net as Record<string, unknown>).activation = 'celu'), /activation "celu"/], // prettier-ignore
  ['with other widths than the weights', SPLINES, (map) => ((map.layers[0].net as Record<string, unknown>).hidden = 9), /do not belong together/], // prettier-ignore
  ['with fewer layers than the weights', SPLINES, (map) => map.layers.pop(), /tensors of the layers that the map describes, got "3\./], // prettier-ignore
  ['with no permutation', SPLINES, (map) => (map.layers[1].permutation = [0, 0, 1, 2]), /permutation \[0, 0, 1, 2\]/],
  ['with impossible splines', SPLINES, (map) => map.layers.forEach((layer) => (layer.min_bin_width = 0.5)), /a map and weights that make a flow/], // prettier-ignore
  ['with another order than the masks', 'nflows-maf', (map) => (map.layers[1].order = [3, 2, 1, 0]), /depends on later ones/], // prettier-ignore
  [
    'with another scale map',
    'normflows-real-nvp',
    (map) => (map.layers[0].scale_map = 'sigmoid'),
    /scale map "sigmoid"/,
  ],
  ['with another univariate map', 'zuko-maf', (map) => ((map.layers[0].univariate as Record<string, unknown>).class = 'SOSPolynomialTransform'), /SOSPolynomialTransform/], // prettier-ignore
  ['with another base', 'zuko-maf', (map) => (map.base = { class: 'BoxUniform' }), /got "BoxUniform"/],
];

for (const [what, name, edit, message] of BAD_MAPS) {
  test(`a map ${what} is refused, and nothing is left in memory`, (t) => {
    const before = tf.memory().numTensors;
    t.throws(() => importGolden(edited(name, edit)), { instanceOf: FlowFileError, message });
    t.is(tf.memory().numTensors, before);
  });
}

test('maps come as text, as bytes or parsed', (t) => {
  const { map, weights } = goldenModel('zuko-maf');
  const text = JSON.stringify(map);
  for (const given of [map, text, new TextEncoder().encode(text)]) {
    const flow = importWeights({ map: given, weights });
    t.deepEqual(flow.eventShape, [4]);
    flow.dispose();
  }
  t.throws(() => importWeights({ map: '{', weights }), { instanceOf: FlowFileError, message: /JSON in the map/ });
  t.throws(() => importWeights({ map, weights: weights.subarray(0, 99) }), { instanceOf: FlowFileError });
});

test('weights that are not finite are refused by name', (t) => {
  const { map, weights } = goldenModel('zuko-maf');
  const { tensors } = decodeSafetensors(weights);
  tensors.get('1.hyper.0.bias')!.values[3] = Infinity;
  const error = t.throws(() => importWeights({ map, weights: encodeSafetensors(tensors) }), { instanceOf: FlowFileError }); // prettier-ignore
  t.regex(error.message, /finite numbers in tensor "1\.hyper\.0\.bias", got Infinity at index 3/);
});

test('safetensors are read from a Buffer that is part of a larger one', (t) => {
  const bytes = encodeSafetensors(new Map([['a', { shape: [2], values: Float32Array.of(1, -2) }]]));
  const pool = Buffer.concat([Buffer.alloc(40, 7), bytes]);
  t.deepEqual([...decodeSafetensors(pool.subarray(40)).tensors.get('a')!.values], [1, -2]);
});
