import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import type { Conditioner } from '../../src/index.js';
import { deserialize, serialize, type Catalogue, type SerializedObject } from '../../src/io/config.js';
import { sizeOf } from '../../src/shapes.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { perturb } from '../support/perturb.js';
import { CONDITIONERS, randomInputs } from './samples.js';

const catalogue: Catalogue = new Map(CONDITIONERS.map(({ Class }) => [Class.className, Class]));

for (const { Class, positions } of CONDITIONERS) {
  Class.samples.forEach((build, index) => {
    const name = `${Class.className} sample ${index}`;

    onEachBackend(test, `${name}: emits outputs for every row and position, and leaks nothing`, (t) => {
      const before = tf.memory().numTensors;
      const net = build();
      for (const batch of [1, 5]) {
        const [x, context] = randomInputs(net, batch, positions);
        const held = tf.memory().numTensors;
        const output = net.apply(x, context);
        t.deepEqual(output.shape, [batch, ...positions, net.outputs]);
        t.is(tf.memory().numTensors, held + 1);
        tf.dispose([x, output]);
        context?.dispose();
      }
      net.dispose();
      net.dispose();
      t.is(tf.memory().numTensors, before);
    });

    onEachBackend(test, `${name}: rows do not see each other`, (t) => {
      tf.tidy(() => {
        const net = build();
        const [x, context] = randomInputs(net, 4, positions);
        const together = net.apply(x, context);
        const row = net.apply(tf.slice(x, 2, 1), context && tf.slice(context, 2, 1));
        assertClose(t, row, tf.slice(together, 2, 1), 1e-6);
        net.dispose();
      });
    });

    onEachBackend(test, `${name}: its options rebuild it, with equal weights for the equal seed`, (t) => {
      tf.tidy(() => {
        const net = build();
        const saved = JSON.parse(JSON.stringify(serialize(net))) as SerializedObject;
        const again = deserialize(saved, catalogue, 'test') as Conditioner;
        t.deepEqual(
          again.parameters.map(({ path }) => path),
          net.parameters.map(({ path }) => path),
        );
        const [x, context] = randomInputs(net, 3, positions);
        t.deepEqual(again.apply(x, context).dataSync(), net.apply(x, context).dataSync());
        t.deepEqual(serialize(again), serialize(net));
        net.dispose();
        again.dispose();
      });
    });

    onEachBackend(test, `${name}: every weight receives a gradient`, (t) => {
      tf.tidy(() => {
        const net = build();
        // Weights before a layer that starts from zero have none at first.
        perturb(net, 'gradient', 0.1);
        const [x, context] = randomInputs(net, 16, positions);
        const loss = () => tf.sum<tf.Scalar>(tf.square(net.apply(x, context)));
        const { grads } = tf.variableGrads(loss, net.trainableVariables);
        for (const { path, variable } of net.parameters) {
          const gradient = grads[variable.name].dataSync();
          t.true(gradient.some((g) => g !== 0) && gradient.every(Number.isFinite), `${path} has no gradient`);
        }
        net.dispose();
      });
    });
  });

  onEachBackend(test, `${Class.className}: the initial output is emitted exactly, for every input`, (t) => {
    tf.tidy(() => {
      const sample = Class.samples[1]();
      const initialOutput = Array.from({ length: sample.outputs }, (_, i) => Math.fround(0.1 * i - 0.2));
      const net = new Class({ ...sample.getConfig(), initialOutput } as never);
      const [x, context] = randomInputs(net, 3, positions);
      const everywhere = Array.from({ length: 3 * sizeOf(positions) }, () => initialOutput).flat();
      t.deepEqual([...net.apply(x, context).dataSync()], everywhere);
      sample.dispose();
      net.dispose();
    });
  });

  onEachBackend(test, `${Class.className}: another seed gives other weights`, (t) => {
    tf.tidy(() => {
      const config = Class.samples[0]().getConfig();
      const [a, b] = [1, 2].map((seed) => new Class({ ...config, seed } as never) as Conditioner);
      a.parameters.forEach(({ path, variable }, i) => {
        t.notDeepEqual(variable.dataSync(), b.parameters[i].variable.dataSync(), path);
      });
    });
  });
}
