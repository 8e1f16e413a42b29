import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  BumpMixture,
  Chain,
  ConditionalNormal,
  Coupling,
  Flow,
  FlowConfigError,
  FlowEnergy,
  MLP,
  Normal,
  RandomStream,
  RationalQuadraticSpline,
  Uniform,
  type ActivationName,
  type ConditionerRequest,
  type ElementwiseTransform,
} from '../../src/index.js';
import { perturb } from '../contract/draws.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';

/** Two couplings of two coordinates in the unit box. */
function flowOf(transform: ElementwiseTransform, activation: ActivationName = 'silu'): Flow {
  const conditioner = (request: ConditionerRequest) => new MLP({ ...request, hidden: [8, 8], activation, seed: 1 });
  const bijectors = [[true, false], [false, true]].map((mask) => new Coupling({ mask, transform, conditioner })); // prettier-ignore
  const flow = new Flow({ base: new Uniform({ low: [0, 0], high: [1, 1] }), bijector: new Chain({ bijectors }) });
  perturb(flow.parameters.map(({ variable }) => variable), 0.2, new RandomStream('perturb')); // prettier-ignore
  return flow;
}

const SPLINE = new RationalQuadraticSpline({ bins: 4, interval: [0, 1], boundaries: 'bounded' });
const POINTS = [[0.21, 0.73], [0.52, 0.34], [0.83, 0.61]]; // prettier-ignore

for (const [name, transform] of [
  ['bumps', new BumpMixture({ components: 6 })],
  ['splines', SPLINE],
] as const) {
  onEachBackend(test, `flows of ${name}: the force is minus the gradient of the energy`, (t) => {
    using energy = new FlowEnergy({ flow: flowOf(transform) });
    tf.tidy(() => {
      const x = tf.tensor2d(POINTS);
      const force = energy.force(x).dataSync();
      assertClose(t, energy.energy(x), tf.neg(energy.flow.logProb(x)), 2e-6, 'energies');
      const h = 2e-3;
      POINTS.flat().forEach((_, i) => {
        const moved = (by: number) => tf.tensor2d(POINTS.flat().map((v, j) => (i === j ? v + by : v)), [3, 2]); // prettier-ignore
        const rise = tf.sum(tf.sub(energy.energy(moved(h)), energy.energy(moved(-h)))).dataSync()[0];
        assertClose(t, [force[i]], [-rise / (2 * h)], 2e-3, `force ${i}`);
      });
    });
  });

  onEachBackend(test, `flows of ${name}: forces have derivatives in the weights`, (t) => {
    using energy = new FlowEnergy({ flow: flowOf(transform) });
    tf.tidy(() => {
      const x = tf.tensor2d(POINTS);
      const direction = new RandomStream('direction').normalTensor([3, 2]);
      const along = () => tf.sum(tf.mul(energy.force(x), direction));
      const variables = energy.flow.trainableVariables;
      const { grads } = tf.variableGrads(() => along().asScalar(), [...variables]);
      for (const variable of [variables[0], variables.at(-1)!]) {
        const found = grads[variable.name].dataSync<'float32'>();
        const at = found.reduce((best, value, i) => (Math.abs(value) > Math.abs(found[best]) ? i : best), 0);
        const slope = difference(variable, at, 1e-2, () => along().dataSync()[0]);
        assertClose(t, [found[at]], [slope], 1e-2, variable.name);
      }
    });
  });
}

/** Central difference by one number of a variable. */
function difference(variable: Variable, at: number, h: number, evaluate: () => number): number {
  const values = variable.dataSync().slice();
  const moved = (by: number) => {
    variable.assign(tf.tensor(values.map((v, i) => (i === at ? v + by : v)), variable.shape)); // prettier-ignore
    return evaluate();
  };
  const slope = (moved(h) - moved(-h)) / (2 * h);
  moved(0);
  return slope;
}

onEachBackend(test, 'along a line, forces of bumps change smoothly, and those of splines jump at knots', (t) => {
  const [cells, low, high] = [2000, 0.05, 0.95];
  const jump = (transform: ElementwiseTransform): number => {
    using energy = new FlowEnergy({ flow: flowOf(transform) });
    return tf.tidy(() => {
      const line = tf.linspace(low, high, cells + 1);
      const force = energy.force(tf.stack([line, tf.fill([cells + 1], 0.4)], 1)) as Tensor;
      const own = tf.squeeze(tf.slice(force, [0, 0], [-1, 1]), [1]);
      const steps = tf.abs(tf.sub(tf.slice(own, 1), tf.slice(own, 0, cells)));
      // Relative to the steps of a line from the least force to the largest.
      const mean = tf.div(tf.sub(tf.max(own), tf.min(own)), cells);
      return tf.div(tf.max(steps), mean).dataSync()[0];
    });
  };
  const [smooth, broken] = [jump(new BumpMixture({ components: 6 })), jump(SPLINE)];
  t.true(smooth < 60 && broken > 300, `${smooth} and ${broken}`);
});

onEachBackend(test, 'a conditional density is an energy at a condition', (t) => {
  using flow = new ConditionalNormal({ eventShape: [2], contextShape: [3] });
  const energy = new FlowEnergy({ flow, context: [1, 2, 3] });
  tf.tidy(() => {
    const x = tf.tensor2d(POINTS);
    assertClose(t, energy.energy(x), tf.neg(flow.logProb(x, { context: tf.tensor1d([1, 2, 3]) })), 0);
  });
  const refuse = (context: number[] | null, message: RegExp) =>
    t.throws(() => new FlowEnergy({ flow, context }), { instanceOf: FlowConfigError, message });
  refuse(null, /FlowEnergy.context: expected 3 finite numbers, the condition of the flow, got none/);
  refuse([1, NaN, 3], /got \[1, NaN, 3\]/);
  t.throws(() => new FlowEnergy({ flow: Normal.standard([2]), context: [1] }), {
    instanceOf: FlowConfigError,
    message: /FlowEnergy.context: expected no context, got \[1\]/,
  });
  t.throws(() => new FlowEnergy({ flow: 3 as never }), {
    instanceOf: FlowConfigError,
    message: /FlowEnergy.flow: expected a distribution with a density, got number/,
  });
});
