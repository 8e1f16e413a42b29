import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { ready } from '../../../src/index.js';
import { distance, goldenModel, importGolden } from './support.js';

/** Models of nflows, zuko and normflows have the densities here that they have there. */

const NAMES = readdirSync(join('test', 'golden', 'interchange')).flatMap((file) => /^(.*)\.values\.json$/.exec(file)?.[1] ?? []); // prettier-ignore

test.before(() => ready({ backend: 'wasm' }));

for (const name of NAMES) {
  test(`${name}: densities are those of the library that it comes from`, (t) => {
    const before = tf.memory().numTensors;
    const model = goldenModel(name);
    const flow = importGolden(model);
    t.true(distance(flow, model) < 1e-5, `${distance(flow, model)}`);
    flow.dispose();
    t.is(tf.memory().numTensors, before);
  });
}
