import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  ClassEmbedding,
  ConvEmbedding,
  FlowConfigError,
  FlowShapeError,
  MLPEmbedding,
  RandomStream,
  type Embedding,
} from '../../../src/index.js';
import { libraryCatalogue } from '../../../src/io/catalogue.js';
import { deserialize, serialize, type SerializedObject } from '../../../src/io/config.js';
import { onEachBackend } from '../../support/backends.js';
import { assertClose } from '../../support/close.js';

for (const Class of [ClassEmbedding, ConvEmbedding, MLPEmbedding]) {
  Class.samples.forEach((build, index) => {
    const name = `${Class.className} sample ${index}`;

    /** Contexts of a batch shape. */
    const contexts = ({ contextShape }: Embedding, ...batch: number[]): tf.Tensor => {
      const stream = new RandomStream('contexts');
      const shape = [...batch, ...contextShape];
      if (Class !== ClassEmbedding) return stream.normalTensor(shape);
      return tf.tensor(
        Array.from({ length: batch.reduce((a, b) => a * b, 1) }, () => stream.nextInteger(3)),
        shape,
      );
    };

    onEachBackend(test, `${name}: batches of every shape, row by row, and no tensor left behind`, (t) => {
      const before = tf.memory().numTensors;
      const embedding = build();
      for (const batch of [[], [1], [5], [2, 3], [0]]) {
        const context = contexts(embedding, ...batch);
        const held = tf.memory().numTensors;
        const output = embedding.apply(context);
        t.is(tf.memory().numTensors, held + 1);
        t.deepEqual(output.shape, [...batch, ...embedding.outputShape]);
        tf.dispose([context, output]);
      }
      tf.tidy(() => {
        const context = contexts(embedding, 4);
        const row = embedding.apply(tf.unstack(context)[2]);
        assertClose(t, row, tf.unstack(embedding.apply(context))[2], 1e-6);
      });
      embedding.dispose();
      t.is(tf.memory().numTensors, before);
    });

    onEachBackend(test, `${name}: its options rebuild it`, (t) => {
      tf.tidy(() => {
        using embedding = build();
        const saved = JSON.parse(JSON.stringify(serialize(embedding))) as SerializedObject;
        using again = deserialize(saved, libraryCatalogue(), 'test') as Embedding;
        const context = contexts(embedding, 3);
        assertClose(t, again.apply(context), embedding.apply(context), 0);
      });
    });

    onEachBackend(test, `${name}: every weight receives a gradient`, (t) => {
      using embedding = build();
      t.is(embedding.trainableVariables.length > 0, build !== ClassEmbedding.samples[1]);
      if (embedding.trainableVariables.length === 0) return;
      tf.tidy(() => {
        const context = contexts(embedding, 16);
        const loss = () => tf.sum<tf.Scalar>(tf.square(embedding.apply(context)));
        const { grads } = tf.variableGrads(loss, embedding.trainableVariables);
        for (const { path, variable } of embedding.parameters) {
          t.true(grads[variable.name].dataSync().some((g) => g !== 0), path); // prettier-ignore
        }
      });
    });

    onEachBackend(test, `${name}: a context that is missing or of another shape is refused`, (t) => {
      using embedding = build();
      const wrong = tf.zeros([2, ...embedding.contextShape.slice(0, -1), 7]);
      t.throws(() => embedding.apply(null), { instanceOf: FlowShapeError, message: /pass `context`/ });
      if (embedding.contextShape.length > 0) t.throws(() => embedding.apply(wrong), { instanceOf: FlowShapeError });
      wrong.dispose();
    });
  });
}

onEachBackend(test, 'classes are rows of the table or one-hot vectors, and what is no class is NaN', (t) => {
  using oneHot = new ClassEmbedding({ classes: 3 });
  using table = new ClassEmbedding({ classes: 3, width: 2, seed: 'table' });
  tf.tidy(() => {
    assertClose(t, oneHot.apply(tf.tensor1d([2, 0])), [0, 0, 1, 1, 0, 0], 0);
    const rows = table.parameters[0].variable.dataSync();
    assertClose(t, table.apply(tf.scalar(1)), rows.slice(2, 4), 0);
    for (const label of [-1, 3, 0.5, NaN]) {
      t.true(table.apply(tf.scalar(label)).dataSync().every(Number.isNaN), `${label}`);
    }
    const gradient = tf.grad((labels: tf.Tensor) => tf.sum(tf.add(table.apply(labels), labels)))(tf.scalar(1));
    assertClose(t, gradient, [2], 0, 'labels are constants');
  });
});

onEachBackend(test, 'options that make no embedding are refused', (t) => {
  const refused = { instanceOf: FlowConfigError };
  for (const classes of [0, 1.5]) t.throws(() => new ClassEmbedding({ classes }), refused);
  t.throws(() => new ClassEmbedding({ classes: 2, width: 0 }), refused);
  t.throws(() => new MLPEmbedding({ contextShape: [0], outputs: 2 }), refused);
  t.throws(() => new MLPEmbedding({ contextShape: [2], outputs: 0 }), refused);
  for (const contextShape of [[4, 4], [5, 4, 1]]) t.throws(() => new ConvEmbedding({ contextShape, outputs: 2 }), refused); // prettier-ignore
  t.throws(() => new ConvEmbedding({ contextShape: [4, 4, 1], outputs: 2, hidden: [] }), refused);
  t.throws(() => new ConvEmbedding({ contextShape: [4, 4, 1], outputs: 0 }), refused);
});
