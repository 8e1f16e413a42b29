import * as tf from '@tensorflow/tfjs-core';
import type { Distribution, Shape } from '../../../src/index.js';
import { FlowConfigError, FlowShapeError } from '../../../src/index.js';
import { deserialize, serialize, type SerializedObject } from '../../../src/io/config.js';
import { assignParameters } from '../../../src/module.js';
import { expectRefusal, expectSame, listsFrom } from '../expect.js';
import { catalogue } from './classes.js';
import { eventsOf, type Subject } from './subject.js';

export async function rebuilds(subject: Subject): Promise<void> {
  const { distribution, context } = subject;
  const saved = JSON.parse(JSON.stringify(serialize(distribution))) as SerializedObject;
  const again = deserialize(saved, catalogue, 'contract') as Distribution;
  expectSame(serialize(again), saved, 'options');
  const values = new Map<string, { shape: Shape; values: Float32Array }>();
  for (const { path, variable } of distribution.parameters) {
    values.set(path, { shape: variable.shape, values: Float32Array.from(await variable.data()) });
  }
  assignParameters(again, values, 'contract');
  const outline = (module: Distribution) => module.parameters.map(({ path, trainable }) => ({ path, trainable }));
  expectSame(outline(again), outline(distribution), 'parameters');
  expectSame(
    [again.eventShape, again.contextShape, again.support.map(String), again.reparameterised, again.supportsTemperature],
    [
      distribution.eventShape,
      distribution.contextShape,
      distribution.support.map(String),
      distribution.reparameterised,
      distribution.supportsTemperature,
    ],
    'properties',
  );
  const evaluate = (module: Distribution) => () => {
    const x = eventsOf(subject, [8]);
    return [module.logProb(x, { context }), module.sample(8, { seed: 'again', context })];
  };
  expectSame(await listsFrom(evaluate(again)), await listsFrom(evaluate(distribution)), 'logProb and draws');
  again.dispose();
}

export function leavesNoTensors({ context, rebuild }: Subject): void {
  const before = tf.memory().numTensors;
  const distribution = rebuild();
  const options = { seed: 1, context };
  const held = () => tf.memory().numTensors - before - own;
  const own = tf.memory().numTensors - before;
  const x = distribution.sample(3, options);
  const results = [x, distribution.logProb(x, { context }), ...distribution.sampleAndLogProb(3, options)];
  if (distribution.reparameterised) results.push(distribution.rsample(3, options));
  expectSame(held(), results.length, 'tensors after evaluation');
  tf.dispose(results);
  const nothing = tf.zeros([0, ...distribution.eventShape]);
  const empty = [distribution.sample(0, options), distribution.logProb(nothing, { context })];
  expectSame(held(), 3, 'tensors after evaluating nothing');
  tf.dispose([nothing, ...empty]);
  distribution.dispose();
  distribution.dispose();
  expectSame(tf.memory().numTensors, before, 'tensors after dispose');
}

export function refusesBadArguments({ distribution, context }: Subject): void {
  const { className, eventShape, contextShape } = distribution;
  const sample = (n: unknown, options: object = { seed: 1 }) => distribution.sample(n as number, { context, ...options } as never); // prettier-ignore
  for (const n of [-1, 1.5, NaN, Infinity, '3', undefined]) {
    expectRefusal(() => sample(n), FlowConfigError, `${className}.sample`);
  }
  for (const options of [{}, { seed: undefined }, { seed: null }]) {
    expectRefusal(() => sample(2, options), FlowConfigError, `${className}.sample`);
  }
  expectRefusal(() => distribution.sample(2, undefined as never), FlowConfigError, `${className}.sample`);
  expectRefusal(() => distribution.sampleAndLogProb(-1, { seed: 1, context }), FlowConfigError, `${className}.sample`);
  expectRefusal(() => sample(2, { seed: NaN }), FlowConfigError, 'RandomStream');
  for (const value of [0, -1, NaN, Infinity]) {
    expectRefusal(() => sample(2, { seed: 1, temperature: value }), FlowConfigError, `${className}.sample`);
  }
  tf.tidy(() => {
    const x = tf.zeros([2, ...eventShape]);
    const wider = tf.zeros([2, ...eventShape.slice(0, -1), eventShape.at(-1)! + 1]);
    const refusedContexts = contextShape
      ? [null, tf.zeros([...contextShape, 7]), tf.zeros([3, ...contextShape])]
      : [tf.zeros([2, 1])];
    for (const bad of [wider, tf.scalar(0)]) {
      expectRefusal(() => distribution.logProb(bad, { context }), FlowShapeError, `${className}.logProb`);
    }
    for (const bad of refusedContexts) {
      expectRefusal(() => distribution.logProb(x, { context: bad }), FlowShapeError, `${className}.logProb`);
      expectRefusal(() => sample(2, { seed: 1, context: bad }), FlowShapeError, `${className}.sample`);
    }
  });
}
