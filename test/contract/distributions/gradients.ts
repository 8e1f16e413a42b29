import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { FlowConfigError, RandomStream } from '../../../src/index.js';
import { differencesOf } from '../central-difference.js';
import { expect, expectClose, expectRefusal, listsFrom, numbersFrom } from '../expect.js';
import { eventsOf, namesOf, type Subject } from './subject.js';

export async function densityGradients(subject: Subject): Promise<void> {
  const { distribution, context } = subject;
  const x = tf.variable(eventsOf(subject, [16]));
  const sum = () => tf.sum(distribution.logProb(x, { context }));
  const variables = [x, ...distribution.trainableVariables];
  const gradients = await gradientsOf(sum, variables);
  // The terms of the sum are added in doubles: float32 would drown the differences.
  const value = async () => {
    const terms = await numbersFrom(() => distribution.logProb(x, { context }));
    return terms.reduce((total, term) => total + term);
  };
  const names = ['x', ...namesOf(distribution)];
  for (const [i, variable] of variables.entries()) {
    const expected = await differencesOf(variable, value);
    expectClose(gradients[i], expected, 5e-3, `gradient of the log density with respect to ${names[i]}`);
    if (i > 0)
      expect(
        gradients[i].some((g) => g !== 0),
        `${names[i]} gets no gradient`,
      );
  }
  x.dispose();
}

export async function sampleGradients({ distribution, context }: Subject): Promise<void> {
  const variables = distribution.trainableVariables;
  const options = { seed: 'draws', context };
  const className = distribution.className;
  if (!distribution.reparameterised) {
    expect(variables.length > 0, 'nothing to train, so that draws are trivially reparameterised');
    expectRefusal(() => distribution.rsample(2, options), FlowConfigError, `${className}.rsample`);
  }
  if (variables.length === 0) return;
  const tie = () => variables.map((variable) => tf.sum(variable)).reduce((total, term) => tf.add(total, term));
  const constant = () => tf.add(tf.sum(distribution.sample(8, options)), tie()) as tf.Scalar;
  for (const gradient of await gradientsOf(constant, variables)) {
    expect(
      gradient.every((g) => g === 1),
      'a gradient flows through sample',
    );
  }
  if (!distribution.reparameterised) return;
  const weights = new RandomStream('weights').normalTensor([8, ...distribution.eventShape]);
  const weighted = () => tf.mul(distribution.rsample(8, options), weights);
  const gradients = await gradientsOf(() => tf.sum(weighted()), variables);
  const value = async () => (await numbersFrom(weighted)).reduce((total, term) => total + term);
  for (const [i, variable] of variables.entries()) {
    const name = namesOf(distribution)[i];
    expectClose(gradients[i], await differencesOf(variable, value), 5e-3, `gradient of draws with respect to ${name}`);
    expect(
      gradients[i].some((g) => g !== 0),
      `${name} gets no gradient from draws`,
    );
  }
  weights.dispose();
}

async function gradientsOf(loss: () => Tensor, variables: Variable[]): Promise<number[][]> {
  return listsFrom(() => {
    const { grads } = tf.variableGrads(loss as () => tf.Scalar, variables);
    return variables.map((variable) => grads[variable.name] ?? tf.zerosLike(variable));
  });
}
