import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import { BodyTransformer, CausalTransformer, RandomStream, VisionTransformer } from '../../../src/index.js';
import { deserialize, serialize, type Catalogue, type SerializedObject } from '../../../src/io/config.js';
import { onEachBackend } from '../../support/backends.js';
import { assertClose } from '../../support/close.js';

type Net = BodyTransformer | CausalTransformer | VisionTransformer;

const CLASSES = [VisionTransformer, CausalTransformer, BodyTransformer];
const catalogue: Catalogue = new Map(CLASSES.map((Class) => [Class.className, Class]));

/** Tokens, or bodies. */
function tokensOf(net: Net): number {
  return net instanceof BodyTransformer ? net.bodies : net.tokens;
}

function randomTokens(net: Net, batch: number): [Tensor, Tensor | null] {
  const stream = new RandomStream('tokens');
  const x = stream.split('x').normalTensor([batch, tokensOf(net), net.inputs]);
  return [x, net.contextShape && stream.split('context').normalTensor([batch, ...net.contextShape])];
}

for (const Class of CLASSES) {
  Class.samples.forEach((make, index) => {
    const name = `${Class.className} sample ${index}`;
    const build = () => make() as Net;

    onEachBackend(test, `${name}: emits outputs for every token, and leaks nothing`, (t) => {
      const before = tf.memory().numTensors;
      const net = build();
      for (const batch of [1, 5]) {
        const [x, context] = randomTokens(net, batch);
        const held = tf.memory().numTensors;
        const output = net.apply(x, context);
        t.deepEqual(output.shape, [batch, tokensOf(net), net.outputs]);
        t.is(tf.memory().numTensors, held + 1);
        tf.dispose([x, output]);
        context?.dispose();
      }
      net.dispose();
      t.is(tf.memory().numTensors, before);
    });

    onEachBackend(test, `${name}: rows do not see each other, and a context changes all of them`, (t) => {
      tf.tidy(() => {
        const net = build();
        const [x, context] = randomTokens(net, 4);
        const together = net.apply(x, context);
        const row = net.apply(tf.slice(x, 2, 1), context && tf.slice(context, 2, 1));
        assertClose(t, row, tf.slice(together, 2, 1), 1e-6);
        if (context) t.notDeepEqual(net.apply(x, tf.add(context, 1)).dataSync(), together.dataSync());
        net.dispose();
      });
    });

    onEachBackend(test, `${name}: its options rebuild it, with equal weights for the equal seed`, (t) => {
      tf.tidy(() => {
        const net = build();
        const saved = JSON.parse(JSON.stringify(serialize(net))) as SerializedObject;
        const again = deserialize(saved, catalogue, 'test') as Net;
        const [x, context] = randomTokens(net, 3);
        t.deepEqual(again.parameters.map(({ path }) => path), net.parameters.map(({ path }) => path)); // prettier-ignore
        t.deepEqual(again.apply(x, context).dataSync(), net.apply(x, context).dataSync());
        t.deepEqual(serialize(again), serialize(net));
        const other = new Class({ ...net.getConfig(), seed: 'another' } as never);
        t.notDeepEqual(other.apply(x, context).dataSync(), net.apply(x, context).dataSync());
        for (const each of [net, again, other]) each.dispose();
      });
    });

    onEachBackend(test, `${name}: every weight receives a gradient, and it matches differences`, (t) => {
      tf.tidy(() => {
        const net = build();
        const [x, context] = randomTokens(net, 3);
        const loss = () => tf.sum<tf.Scalar>(tf.square(net.apply(x, context)));
        const { grads } = tf.variableGrads(loss, net.trainableVariables);
        for (const { path, variable } of net.parameters) {
          const gradient = grads[variable.name];
          t.true(gradient.dataSync().some((g) => g !== 0) && gradient.dataSync().every(Number.isFinite), path);
          const direction = new RandomStream(path).normalTensor(variable.shape);
          const start = variable.clone();
          const shifted = (by: number) => (variable.assign(tf.add(start, tf.mul(direction, by))), loss().dataSync()[0]);
          const slope = (shifted(3e-3) - shifted(-3e-3)) / 6e-3;
          variable.assign(start);
          const [found] = tf.sum(tf.mul(gradient, direction)).dataSync();
          t.true(Math.abs(found - slope) < 2e-2 * (1 + Math.abs(slope)), `${path}: ${found} and ${slope}`);
        }
        net.dispose();
      });
    });
  });

  onEachBackend(test, `${Class.className}: the initial output is emitted exactly, for every token`, (t) => {
    tf.tidy(() => {
      const sample = Class.samples[1]() as Net;
      const initialOutput = Array.from({ length: sample.outputs }, (_, i) => Math.fround(0.1 * i - 0.2));
      const net = new Class({ ...sample.getConfig(), initialOutput } as never);
      const [x, context] = randomTokens(net, 3);
      const expected = Array.from({ length: 3 * tokensOf(net) }, () => initialOutput).flat();
      t.deepEqual([...net.apply(x, context).dataSync()], expected);
      sample.dispose();
      net.dispose();
    });
  });
}
